// A pasted message becomes its words: to the search, a colon or a dash would be a command.
document.addEventListener(
  "paste",
  (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !field.matches(".md-search__input")) return;
    event.preventDefault();
    const words = event.clipboardData.getData("text").replace(/[^\p{L}\p{N}_.]+/gu, " ").trim();
    field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }));
  },
  true,
);
