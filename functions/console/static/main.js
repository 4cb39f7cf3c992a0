// The console: signs in, then shows the screen that the address names.
import { render } from "preact"
import { html } from "./markup.js"
import { SignInProblem, Shell } from "./shell.js"
import { signIn } from "./sign_in.js"
import { language } from "./texts.js"

const root = /** @type {HTMLElement} */ (document.getElementById("console"))
document.documentElement.lang = language.value

try {
  if (await signIn()) show(html`<${Shell} />`)
} catch (error) {
  show(html`<${SignInProblem} error=${error} />`)
}

/** @param {import("preact").ComponentChild} screen */
function show(screen) {
  root.replaceChildren()
  render(screen, root)
}
