// An authenticator app as second factor: where tokens carry an administrator's rights only with one, nobody can begin without.
import { useState } from "preact/hooks"
import { html } from "./markup.js"
import { Refusal } from "./problem.js"
import { account, beginAuthenticator, confirmAuthenticator, signOut } from "./sign_in.js"
import { t } from "./texts.js"

export function SecondFactor() {
  const [secret, setSecret] = useState("")
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const begin = () => beginAuthenticator().then(setSecret, setError)
  /** @param {any} event */
  const confirm = event => {
    event.preventDefault()
    confirmAuthenticator(String(new FormData(event.target).get("code")).trim()).then(() => signOut(), setError)
  }
  if (!secret) {
    return html`<button type="button" onClick=${begin}>${t("Add an authenticator app")}</button><${Refusal} error=${error} />`
  }
  const address = `otpauth://totp/${encodeURIComponent(account.value?.email ?? "")}?secret=${secret}`
  return html`<form class="factor" onSubmit=${confirm}>
    <p>${t("Enter this secret in the app, or open it there; then type the code that the app shows.")}</p>
    <p><a href=${address}><code>${secret}</code></a></p>
    <label for="code">${t("Code")}</label>
    <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required />
    <button type="submit" class="main">${t("Confirm and sign in again")}</button>
    <${Refusal} error=${error} />
  </form>`
}
