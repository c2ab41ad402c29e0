/* What runs in the browser: the menu, filters that live in the address, cells of the board. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.jieyue = {
  menu: function (opened, path, navbar) {
    var context = window.dash_clientside.callback_context;
    var moved = context.triggered.some(function (one) { return one.prop_id.indexOf("_pages_location") === 0; });
    var open = moved ? false : opened;
    return [Object.assign({}, navbar, { collapsed: { mobile: !open } }), open];
  },
  address: function (values, ids, search) {
    var none = window.dash_clientside.no_update;
    var context = window.dash_clientside.callback_context;
    /* All at once is a page that has just been drawn, not a reader's choice. */
    if (context.triggered.length !== 1 || ids.length < 2) { return none; }
    var query = new URLSearchParams(search || "");
    ids.forEach(function (id, index) {
      var value = values[index];
      if (context.triggered[0].prop_id.indexOf('"name":"' + id.name + '"') < 0) { return; }
      if (value === null || value === undefined || value === "") { query.delete(id.name); } else { query.set(id.name, value); }
    });
    var next = "?" + query.toString();
    return next === (search || "?") ? none : next;
  }
};

var dagfuncs = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
var dagcomponents = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});

/* A light: sign and word, never colour alone; the title says why. */
dagcomponents.Light = function (props) {
  var value = props.value;
  if (!value) { return null; }
  return React.createElement("a", { href: value.href, className: "light " + value.tone, title: value.why },
    React.createElement("span", { "aria-hidden": "true", className: "sign" }, value.sign),
    React.createElement("span", null, value.word),
    value.pace ? React.createElement("small", null, value.pace) : null,
    dagcomponents.Spark({ value: value.spark }));
};

/* Twelve months as small bars; a month without data leaves a gap. */
dagcomponents.Spark = function (props) {
  var months = props.value || [];
  var top = Math.max.apply(null, months.map(function (one) { return one === null ? 0 : Math.abs(one); }).concat([1e-9]));
  var bars = months.map(function (one, index) {
    var height = one === null ? 0 : Math.max(1, Math.round((Math.abs(one) / top) * 18));
    return one === null ? React.createElement("rect", { key: index, x: index * 5, y: 18, width: 4, height: 1, opacity: 0.25, fill: "currentColor" })
      : React.createElement("rect", { key: index, x: index * 5, y: 19 - height, width: 4, height: height, fill: "currentColor" });
  });
  return React.createElement("svg", { width: 60, height: 20, viewBox: "0 0 60 20", "aria-hidden": "true", className: "spark" }, bars);
};

dagcomponents.UnitLink = function (props) {
  var row = props.data;
  return React.createElement("a", { href: row.href, className: "unit-link", style: { paddingLeft: row.depth * 14 } }, props.value);
};

dagfuncs.byRank = function (one, other) { return (one ? one.rank : 99) - (other ? other.rank : 99); };
dagfuncs.lightText = function (params) { return params.value ? params.value.word : ""; };
