// Comforts of the filing form and the thread. Everything works without them; nothing leaves the page.

const longest = (area) => Number(area.dataset.longest);

/** Says how much room is left, once it becomes scarce. */
function countCharacters(area) {
  const line = document.createElement("p");
  line.className = "meta counter";
  line.setAttribute("aria-live", "polite");
  area.after(line);
  const show = () => {
    const length = [...area.value].length;
    line.textContent = length < longest(area) / 2 ? "" : `已写 ${length} 字，最多 ${longest(area)} 字`;
    line.classList.toggle("counter--over", length > longest(area));
  };
  area.addEventListener("input", show);
  show();
}

/** Asks before leaving a page on which something was written but not sent. */
function guardText(form) {
  let written = [...form.querySelectorAll("textarea")].some((area) => area.value.trim());
  form.addEventListener("input", () => { written = true; });
  form.addEventListener("submit", () => { written = false; });
  addEventListener("beforeunload", (event) => {
    if (written) event.preventDefault();
  });
}

/** Offers matching organs while their name is typed, from the list that is on the page anyway. */
function searchOrgans(box) {
  const input = box.querySelector("input");
  const button = box.querySelector("button");
  const select = document.querySelector("#id_organ");
  const list = document.createElement("ul");
  list.className = "matches";
  list.hidden = true;
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  box.after(list, said);

  const choose = (option) => {
    select.value = option.value;
    list.hidden = true;
    input.value = "";
    said.textContent = `已选 ${option.text}`;
    select.focus();
  };

  const offer = () => {
    const typed = input.value.trim();
    const seen = new Set();
    const found = typed
      ? [...select.options].filter((option) => {
          const fits = option.value && option.text.includes(typed) && !seen.has(option.value);
          if (fits) seen.add(option.value);
          return fits;
        }).slice(0, 6)
      : [];
    list.replaceChildren(...found.map((option) => {
      const row = document.createElement("li");
      const pick = document.createElement("button");
      pick.type = "button";
      pick.textContent = option.text;
      pick.addEventListener("click", () => choose(option));
      row.append(pick);
      return row;
    }));
    list.hidden = found.length === 0;
    said.textContent = found.length ? `有 ${found.length} 个检察院可选` : "";
  };

  input.addEventListener("input", offer);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") list.hidden = true;
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const first = list.hidden ? null : list.querySelector("button");
      (first ?? button).click();
    }
  });
}

document.querySelectorAll("textarea[data-longest]").forEach(countCharacters);
document.querySelectorAll("#filing, form[action='/track/add/']").forEach(guardText);
document.querySelectorAll("#find").forEach(searchOrgans);
document.querySelector(".problems")?.focus();
