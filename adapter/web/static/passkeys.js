// Asks the device for a passkey: [data-passkey] gives the question, [data-answer] takes what the device says.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

// What the page says when it goes wrong, in its own language.
const told = (form, when) => form.querySelector(`[data-when=${when}]`).textContent;

async function send(form, url, body) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
    body: JSON.stringify(body),
  });
  if (answer.redirected) { window.location.assign(answer.url); return new Promise(() => {}); }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.wrong || told(form, "failed"));
  return said;
}

async function make(question) {
  const publicKey = { ...question, challenge: bytes(question.challenge), user: { ...question.user, id: bytes(question.user.id) }, excludeCredentials: known(question.excludeCredentials) };
  const made = await navigator.credentials.create({ publicKey });
  return shaped(made, { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) });
}

async function show(question) {
  const publicKey = { ...question, challenge: bytes(question.challenge), allowCredentials: known(question.allowCredentials) };
  const shown = await navigator.credentials.get({ publicKey });
  const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
  return shaped(shown, { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), userHandle: userHandle ? text(userHandle) : null });
}

const shaped = (credential, response) => ({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });

async function run(form) {
  const wrong = form.querySelector("[data-wrong]");
  wrong.textContent = "";
  try {
    if (!window.PublicKeyCredential) throw new Error(told(form, "none"));
    const question = await send(form, form.dataset.passkey, {});
    const answer = question.user
      ? { name: form.elements.name.value, credential: await make(question) }
      : await show(question);
    const said = await send(form, form.dataset.answer, answer);
    window.location.assign(said.next);
  } catch (error) {
    const calm = { NotAllowedError: "silent", InvalidStateError: "known" };
    wrong.textContent = calm[error.name] ? told(form, calm[error.name]) : error.message;
  }
}

document.querySelectorAll("[data-passkey]").forEach((form) =>
  form.addEventListener("submit", (event) => { event.preventDefault(); run(form); }));
