// Copy and print the receipt, and do not let it be left by mistake. Without this the page says all of it.

const said = document.querySelector("[data-said]");

/** Older browsers and pages without https have no clipboard of their own. */
function copyByHand(text) {
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text);
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    said.textContent = (await copy(button.dataset.copy)) ? "已复制，请粘贴到安全的地方。" : "没有复制成功，请抄写或拍照。";
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

const guard = document.querySelector("[data-guard]");
if (guard) {
  const kept = guard.querySelector("[data-kept]");
  let leaving = false;
  guard.hidden = false;
  document.addEventListener("submit", () => { leaving = true; setTimeout(() => { leaving = false; }, 1000); });
  addEventListener("beforeunload", (event) => {
    if (!kept.checked && !leaving) event.preventDefault();
  });
}
