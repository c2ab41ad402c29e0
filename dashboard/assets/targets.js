/* Numbers in the grid of targets are sorted by their value, what is missing last. */
window.dashAgGridFunctions = window.dashAgGridFunctions || {};
window.dashAgGridFunctions.byNumber = function (one, other) {
  var left = one && one.value !== null ? one.value : Infinity, right = other && other.value !== null ? other.value : Infinity;
  return left === right ? 0 : left - right;
};

/* A verdict: the light of the board without its twelve months. */
window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};
window.dashAgGridComponentFunctions.Verdict = function (props) {
  var value = props.value;
  if (!value) { return null; }
  return React.createElement("a", { href: value.href, className: "light " + value.tone, title: value.why },
    React.createElement("span", { "aria-hidden": "true", className: "sign" }, value.sign),
    React.createElement("span", null, value.word),
    value.pace ? React.createElement("small", null, value.pace) : null);
};
