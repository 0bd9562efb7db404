// Keeps what is being typed into the desk's forms as a draft that only its writer can open. Without this the
// words of a form sent after the session was locked are kept all the same; this saves them before that.

const PAUSE = 3000;
const PATIENCE = 5000;
const STALE = { detail: "页面已过期。请先复制写好的内容，再刷新页面。" };

/** The clock on the wall, for a line that says since when something could not be saved. */
const clock = () => new Date().toTimeString().slice(0, 5);

class Keeper {
  constructor(marker) {
    this.form = marker.form;
    this.marker = marker;
    this.line = this.form.querySelector("[data-draft-said]");
    const button = this.form.querySelector("button[type='submit']");
    (button.parentElement === this.form ? button : button.parentElement).before(this.line);
    this.names = JSON.parse(marker.value).fields.filter(([, , quiet]) => !quiet).map(([name]) => name);
    this.timer = 0;
    this.saving = null;
    this.last = this.words();
    this.form.addEventListener("input", (event) => {
      if (this.names.includes(event.target.name)) this.later();
    });
    this.form.addEventListener("submit", (event) => this.sent(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.timer) this.save(true);
    });
  }

  words() {
    return JSON.stringify(this.names.map((name) => this.form.elements[name]?.value ?? ""));
  }

  /** A pause in typing, and at the latest a pause after the first letter. */
  later() {
    this.timer ||= setTimeout(() => this.save(), PAUSE);
  }

  async save(leaving = false) {
    clearTimeout(this.timer);
    this.timer = 0;
    const words = this.words();
    if (words === this.last) return;
    if (this.saving) {
      this.later();
      return;
    }
    this.saving = this.post(leaving);
    if (await this.saving) this.last = words;
    this.saving = null;
  }

  async post(leaving) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    body.set("slot", this.marker.value);
    for (const name of this.names) body.set(name, this.form.elements[name]?.value ?? "");
    try {
      const signal = AbortSignal.timeout?.(PATIENCE);
      const answer = await fetch("/desk/drafts/", { method: "POST", body, keepalive: leaving, signal });
      const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : STALE;
      if (answer.ok) this.say(this.kept(told), false);
      else this.say(`草稿没有保存：${told.detail}`, true);
      return answer.ok;
    } catch {
      this.say(`${clock()} 起草稿没有保存：连接不上。请不要关闭这一页。`, true);
      this.later();
      return false;
    }
  }

  kept(told) {
    if (!told.saved) return "";
    return told.locked ? `草稿已保存 ${told.saved}。系统已锁定，提交时需要口令，内容不会丢。` : `草稿已保存 ${told.saved}`;
  }

  say(text, wrong) {
    this.line.hidden = !text;
    this.line.textContent = text;
    this.line.classList.toggle("draft-said--wrong", wrong);
  }

  /** What is sent is no draft any more: a save on its way must not arrive behind it. */
  sent(event) {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.saving || event.defaultPrevented) return;
    event.preventDefault();
    const { submitter } = event;
    this.saving.then(() => { this.saving = null; this.form.requestSubmit(submitter); });
  }
}

for (const marker of document.querySelectorAll('input[name="draft"]')) new Keeper(marker);
