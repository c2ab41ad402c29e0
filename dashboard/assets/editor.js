/* A form as one component: posts itself, shows errors beside the fields, keeps what was typed. All text is put in as text. */
window.jieyue = window.jieyue || {};
(function () {
  var make = React.createElement;
  function local(address) { return typeof address === "string" && /^\/(?!\/)/.test(address); }

  function control(field, name, lists, value, bad, id, words) {
    var common = { name: name, id: id, disabled: !!field.disabled, "aria-invalid": bad ? true : undefined, "aria-describedby": bad ? id + "-bad" : undefined, "aria-label": field.label };
    if (field.kind === "choice") {
      var options = typeof field.options === "string" ? lists[field.options] || [] : field.options;
      var known = options.some(function (one) { return one[0] === value; });
      return make("select", Object.assign(common, { defaultValue: value }),
        (known ? [] : [make("option", { key: "_", value: value }, value || words.choose)]).concat(options.map(function (one) { return make("option", { key: one[0], value: one[0] }, one[1]); })));
    }
    if (field.kind === "area") { return make("textarea", Object.assign(common, { defaultValue: value, rows: 10, spellCheck: false })); }
    if (field.kind === "check") { return make("input", Object.assign(common, { type: "checkbox", value: "1", defaultChecked: value === true })); }
    var kinds = { day: "date", moment: "datetime-local", password: "password", file: "file" };
    var extra = field.kind === "file" ? {} : { defaultValue: value };
    if (field.kind === "number") { extra.inputMode = "decimal"; }
    if (field.kind === "moment") { extra.step = 1; }
    return make("input", Object.assign(common, { type: kinds[field.kind] || "text", autoComplete: field.kind === "password" ? "new-password" : "off" }, extra));
  }

  function complaint(text, id) { return text ? make("small", { className: "bad", id: id + "-bad", role: "alert" }, text) : null; }

  function Lines(props) {
    var field = props.field, counter = React.useRef(field.lines.length);
    var state = React.useState(field.lines.map(function (values, index) { return { key: index, values: values }; }));
    var lines = state[0], set = state[1];
    function add() {
      set(lines.concat([{ key: counter.current++, values: field.columns.map(function (one) { return one.value; }) }]));
      props.changed();
    }
    function drop(key) { set(lines.filter(function (one) { return one.key !== key; })); props.changed(); }
    var head = make("tr", null, field.columns.map(function (one) { return make("th", { key: one.name, scope: "col" }, one.label); }).concat([make("th", { key: "_" })]));
    var body = lines.map(function (line, index) {
      var cells = field.columns.map(function (column, at) {
        var name = field.name + "." + index + "." + column.name, bad = props.errors[name], id = props.id + "-" + line.key + "-" + at;
        return make("td", { key: column.name, "data-label": column.label }, control(column, name, props.lists, line.values[at], bad, id, props.words), complaint(bad, id));
      });
      cells.push(make("td", { key: "_" }, make("button", { type: "button", className: "plain", title: props.words.remove, "aria-label": props.words.remove, onClick: function () { drop(line.key); } }, "✕")));
      return make("tr", { key: line.key }, cells);
    });
    return make("fieldset", { className: "lines wide" }, make("legend", null, field.label),
      field.hint ? make("small", null, field.hint) : null,
      complaint(props.errors[field.name], props.id),
      lines.length ? make("table", null, make("thead", null, head), make("tbody", null, body)) : null,
      make("button", { type: "button", className: "button", onClick: add }, "+ " + props.words.add));
  }

  function secret(given, words) {
    if (!given) { return null; }
    return make("div", { className: "once" }, make("span", null, given.label), make("code", null, given.value),
      make("button", { type: "button", className: "button", onClick: function () { if (navigator.clipboard) { navigator.clipboard.writeText(given.value); } } }, words.copy));
  }

  function Answer(props) {
    var said = props.said;
    if (!said) { return null; }
    return make("div", { className: "note " + (said.tone || "none"), role: "status" },
      said.message ? make("p", null, said.message) : null, secret(said.secret, props.words),
      (said.tables || []).map(function (one, index) {
        return make("div", { key: index }, make("h3", null, one.title), make("div", { className: "scroll" }, make(window.jieyue.Sheet, { heads: one.heads, rows: one.rows })));
      }));
  }

  function useForm(props) {
    var errors = React.useState({}), said = React.useState(null), done = React.useState(""), busy = React.useState(false);
    function failed() { said[1]({ tone: "bad", message: props.words.failed }); }
    function send(event) {
      event.preventDefault();
      var form = event.target, pressed = event.nativeEvent.submitter, step = pressed ? pressed.value : props.buttons[0].step;
      var chosen = props.buttons.filter(function (one) { return one.step === step; })[0] || {};
      if (chosen.confirm && !window.confirm(chosen.confirm)) { return; }
      var data = new FormData(form);
      data.append("step", step);
      busy[1](true);
      fetch(props.action, { method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" } })
        .then(function (answer) {
          if (answer.status === 401) { window.location.reload(); }
          return answer.json();
        })
        .then(function (answer) {
          busy[1](false);
          if (local(answer.go)) { window.location.assign(answer.go); return; }
          var wrong = answer.errors || {};
          errors[1](wrong);
          said[1](answer.message || answer.tables || answer.secret ? answer : null);
          done[1](Object.keys(wrong).length || answer.tone === "bad" ? "" : step);
          var first = Object.keys(wrong)[0], at = first && form.elements.namedItem(first);
          if (at && at.focus) { at.focus(); }
        })
        .catch(function () { busy[1](false); failed(); });
    }
    function changed() { if (done[0]) { done[1](""); } }
    return { errors: errors[0], said: said[0], done: done[0], busy: busy[0], send: send, changed: changed };
  }

  window.jieyue.Editor = function (props) {
    var form = useForm(props), unique = React.useId();
    var hidden = Object.keys(props.hidden || {}).map(function (name) { return make("input", { key: name, type: "hidden", name: name, defaultValue: props.hidden[name] }); });
    var fields = (props.fields || []).map(function (field, index) {
      var id = unique + index, bad = form.errors[field.name];
      if (field.kind === "rows") { return make(Lines, { key: field.name, field: field, id: id, lists: props.lists || {}, errors: form.errors, words: props.words, changed: form.changed }); }
      var drawn = control(field, field.name, props.lists || {}, field.value, bad, id, props.words);
      return make("div", { key: field.name, className: "field " + field.kind + (field.wide || field.kind === "area" ? " wide" : "") },
        make("label", { htmlFor: id }, field.label), drawn, field.hint ? make("small", null, field.hint) : null, complaint(bad, id));
    });
    var buttons = props.buttons.filter(function (one) { return !one.after || one.after === form.done; }).map(function (one) {
      return make("button", { key: one.step, type: "submit", name: "_", value: one.step, disabled: form.busy, className: one.main ? "button main" : "button" }, one.label);
    });
    return make("form", { className: "editor", action: props.action, method: "POST", noValidate: true, onSubmit: form.send, onInput: form.changed, onChange: form.changed },
      hidden, fields, make(Answer, { said: form.said, words: props.words }), make("div", { className: "buttons" }, buttons));
  };
  window.jieyue.Editor.displayName = "Editor";

  /* A search box hides the rows of the table after it that do not have all its words. */
  document.addEventListener("input", function (event) {
    var box = event.target;
    if (!box.matches || !box.matches(".search input")) { return; }
    var panel = box.closest(".panel"), words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    panel.querySelectorAll("table.data tbody tr").forEach(function (row) {
      var text = row.textContent.toLowerCase();
      row.style.display = words.every(function (word) { return text.indexOf(word) >= 0; }) ? "" : "none";
    });
  });
})();
