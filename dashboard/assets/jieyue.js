/* What runs in the browser: the token of forms, the menu, filters that live in the address. */
/* A form of this site that changes something is sent with the session's token, which is in the frame alone. */
document.addEventListener("formdata", function (event) {
  /* By attribute: a field may be named "action". */
  var form = event.target, token = document.getElementById("csrf");
  var address = new URL(form.getAttribute("action") || "", window.location.href), method = form.getAttribute("method") || "get";
  if (token && method.toLowerCase() === "post" && address.origin === window.location.origin) {
    event.formData.set("csrf", token.value);
  }
});
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
