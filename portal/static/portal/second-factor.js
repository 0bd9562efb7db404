// Asks a security key: fetches the question, hands it to the browser, puts the answer into the form and sends it.

const BUSY = "请按浏览器的提示操作：插入或轻触安全密钥，或者用本机的指纹、人脸、开机密码确认。";
const REASONS = {
  NotAllowedError: "没有完成：可能已取消、超时，或者这把密钥没有登记过。请再按一次按钮。",
  InvalidStateError: "这把安全密钥已经登记过，不用再登记。",
  SecurityError: "这个网址不能使用安全密钥。请使用系统的正式网址，或改用手机验证器。",
};
const UNKNOWN = "没有成功。请刷新页面再试，或改用手机验证器。";

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const described = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

async function ask(form) {
  const token = form.elements.csrfmiddlewaretoken.value;
  const answer = await fetch(form.dataset.challenge, { method: "POST", headers: { "X-CSRFToken": token } });
  if (answer.redirected || !answer.ok) throw new Error("no challenge");
  const options = await answer.json();
  options.challenge = bytes(options.challenge);
  return options;
}

async function create(options) {
  const publicKey = {
    ...options,
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return { ...outside(made), response: {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
  } };
}

async function get(options) {
  const publicKey = { ...options, allowCredentials: described(options.allowCredentials) };
  const found = await navigator.credentials.get({ publicKey });
  return { ...outside(found), response: {
    clientDataJSON: text(found.response.clientDataJSON),
    authenticatorData: text(found.response.authenticatorData),
    signature: text(found.response.signature),
  } };
}

const outside = (credential) => ({
  id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {},
});

async function run(form, said, button) {
  button.disabled = true;
  said.textContent = BUSY;
  try {
    const options = await ask(form);
    const answer = form.dataset.act === "create" ? await create(options) : await get(options);
    form.elements.response.value = JSON.stringify(answer);
    form.submit();
  } catch (problem) {
    said.textContent = REASONS[problem.name] ?? UNKNOWN;
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-challenge]")) {
  const said = form.querySelector("[data-said]");
  const button = form.querySelector("button");
  if (!window.PublicKeyCredential) {
    said.textContent = "这个浏览器不能使用安全密钥。请换一个浏览器，或改用手机验证器。";
    continue;
  }
  said.textContent = "";
  button.disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(form, said, button);
  });
}
