/* The board of units: a real table with heads to sort by and a field to find a unit. React escapes whatever is put in.
   heads: {field, title, kind: unit | light | number | text, tip?, tone?}; a cell is a text, {text, value} or a light. */
window.jieyue = window.jieyue || {};
(function () {
  var make = function () { return React.createElement.apply(React, arguments); };
  var turns = { none: "ascending", ascending: "descending", descending: "none" };
  var arrows = { none: "↕", ascending: "↑", descending: "↓" };
  function safe(address) { return /^(\/(?!\/)|#|\?)/.test(address) ? address : undefined; }

  /* Twelve months as small bars; a month without data leaves a faint mark. */
  function spark(months) {
    var top = Math.max.apply(null, months.map(function (one) { return Math.abs(one || 0); }).concat([1e-9]));
    var bars = "", gaps = "";
    months.forEach(function (one, index) {
      if (one === null) { gaps += "M" + (index * 5) + " 18h4v1h-4z"; return; }
      var height = Math.max(1, Math.round((Math.abs(one) / top) * 18));
      bars += "M" + (index * 5) + " " + (19 - height) + "h4v" + height + "h-4z";
    });
    return make("svg", { width: 60, height: 20, viewBox: "0 0 60 20", "aria-hidden": "true", className: "spark", fill: "currentColor" },
      make("path", { d: bars }), make("path", { d: gaps, opacity: 0.35 }));
  }

  /* A light: sign and word, never colour alone; the title says why. */
  function light(value) {
    return make("a", { href: safe(value.href), className: "light " + value.tone, title: value.why },
      make("span", { "aria-hidden": "true", className: "sign" }, value.sign), make("span", null, value.word),
      value.pace ? make("small", null, value.pace) : null, value.spark ? spark(value.spark) : null);
  }

  function shown(row, head) {
    var value = row[head.field];
    if (head.kind === "unit") {
      return make("a", { href: safe(row.href), className: "unit-link", style: { paddingLeft: row.depth * 14 } }, value);
    }
    if (value === null || value === undefined || value === "") { return null; }
    return head.kind === "light" ? light(value) : head.kind === "number" ? value.text : value;
  }

  /* What is missing comes last, whichever way it is sorted. */
  function weight(row, head) {
    var value = row[head.field];
    if (value === null || value === undefined) { return null; }
    return head.kind === "light" ? value.rank : head.kind === "number" ? value.value : String(value);
  }
  function sorted(rows, head, way) {
    var sign = way === "descending" ? -1 : 1;
    return rows.map(function (row) { return [weight(row, head), row]; }).sort(function (one, other) {
      if (one[0] === null || other[0] === null) { return (one[0] === null) - (other[0] === null); }
      return sign * (typeof one[0] === "string" ? one[0].localeCompare(other[0], document.documentElement.lang || undefined) : one[0] - other[0]);
    }).map(function (pair) { return pair[1]; });
  }

  window.jieyue.Board = function (props) {
    var heads = props.heads || [], say = props.labels || {};
    var all = (props.rows || []).map(function (row, at) { return Object.assign({ at: at }, row); });
    var order = React.useState({ field: "", way: "none" }), wanted = React.useState("");
    var rows = all, text = wanted[0].trim().toLowerCase();
    if (text) { rows = rows.filter(function (row) { return String(row.unit).toLowerCase().indexOf(text) >= 0; }); }
    var by = heads.filter(function (one) { return one.field === order[0].field; })[0];
    if (by && order[0].way !== "none") { rows = sorted(rows, by, order[0].way); }

    var head = make("tr", null, heads.map(function (one) {
      var way = order[0].field === one.field ? order[0].way : "none";
      return make("th", { key: one.field, scope: "col", "aria-sort": way, className: one.kind === "number" ? "num" : one.kind, "data-field": one.field },
        make("button", { type: "button", onClick: function () { order[1]({ field: one.field, way: turns[way] }); } },
          one.title, make("span", { "aria-hidden": "true", className: "way" }, arrows[way])));
    }));
    var body = rows.map(function (row) {
      return make("tr", { key: row.at }, heads.map(function (one) {
        var kind = (one.kind === "number" ? "num" : one.kind) + (one.tone && row[one.tone] ? " " + row[one.tone] : "");
        return make("td", { key: one.field, className: kind, title: (one.tip && row[one.tip]) || undefined }, shown(row, one));
      }));
    });
    var find = all.length > 12 ? make("input", { type: "search", className: "find", value: wanted[0], placeholder: say.find, "aria-label": say.find,
      onChange: function (event) { wanted[1](event.target.value); } }) : null;
    return make("div", { id: props.id, className: "board" }, find,
      make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": say.name },
        make("table", { className: "data" }, make("thead", null, head), make("tbody", null, body))),
      rows.length ? null : make("p", { className: "reason", role: "status" }, say.none));
  };
  window.jieyue.Board.displayName = "Board";
})();
