/* Numbers in the grid of targets are sorted by their value, what is missing last. */
window.dashAgGridFunctions = window.dashAgGridFunctions || {};
window.dashAgGridFunctions.byNumber = function (one, other) {
  var left = one && one.value !== null ? one.value : Infinity, right = other && other.value !== null ? other.value : Infinity;
  return left === right ? 0 : left - right;
};
