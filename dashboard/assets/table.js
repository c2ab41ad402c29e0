/* A table as one component: heads are [title, class], cells a text or [text, address]. React escapes whatever is put in. */
window.jieyue = window.jieyue || {};
window.jieyue.Sheet = function (props) {
  var make = React.createElement;
  var heads = props.heads || [];
  function safe(address) { return /^(\/(?!\/)|#|\?)/.test(address); }  /* only addresses of this site become links */
  function cell(value) {
    if (!Array.isArray(value)) { return value; }
    return value[1] && safe(value[1]) ? make("a", { href: value[1] }, value[0]) : value[0];
  }
  var head = make("tr", null, heads.map(function (one, index) {
    return make("th", { key: index, scope: "col", className: one[1] }, one[0]);
  }));
  var body = (props.rows || []).map(function (row, line) {
    return make("tr", { key: line }, row.map(function (value, index) {
      return make("td", { key: index, "data-label": heads[index] && heads[index][0], className: (heads[index] && heads[index][1]) + (Array.isArray(value) && value[2] ? " tone " + value[2] : "") }, cell(value));
    }));
  });
  return make("table", { className: "data", id: props.id }, make("thead", null, head), make("tbody", null, body));
};
window.jieyue.Sheet.displayName = "Sheet";
