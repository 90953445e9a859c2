// One key a button: an element with data-key="v" is clicked when v is pressed outside of text fields.
"use strict";
document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input:not([type=hidden]), textarea, select");
  if (event.key === "Escape" && field) { field.blur(); return; }
  if (field || event.ctrlKey || event.metaKey || event.altKey) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("textarea, input")) wanted.focus();
  else wanted.click();
});
