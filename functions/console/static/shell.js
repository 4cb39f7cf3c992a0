// The frame of every screen: navigation, account, theme, language, palette, dialogs, notices.
import { signal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { ActionDialog } from "./action.js"
import { get, Problem } from "./api.js"
import { DetailScreen } from "./detail.js"
import { Head, ListScreen } from "./list.js"
import { useLoaded } from "./loading.js"
import { html } from "./markup.js"
import { Notices } from "./notices.js"
import { Palette, openPalette } from "./palette.js"
import { Refusal } from "./problem.js"
import { groups, resources } from "./resources.js"
import { href, place } from "./router.js"
import { SecondFactor } from "./second_factor.js"
import { account, hasEnded, leaveToSignIn, signOut, usesCognito } from "./sign_in.js"
import { LANGUAGES, language, speak, t } from "./texts.js"
import { Uploads } from "./upload.js"
import { chooseTheme, theme, THEMES } from "./theme.js"
import { views } from "./views.js"

const isMenuOpen = signal(false)

export function Shell() {
  const admitted = useLoaded(() => get("admin/events", { limit: 1 }), [])
  language.value // every text is shown anew when it changes
  if (admitted.error instanceof Problem && admitted.error.status === 403) return html`<${NoAdministrator} />`
  if (!admitted.value) {
    return html`<div class="starting">${admitted.error ? html`<${Refusal} error=${admitted.error} retry=${admitted.again} />` : t("Loading…")}</div>`
  }
  return html`<a class="skip" href="#main" onClick=${toMain}>${t("To the content")}</a>
    <${Bar} />
    <div class="frame">
      <${Navigation} />
      <main id="main" tabindex="-1"><${Screen} key=${language.value} /></main>
    </div>
    <${ActionDialog} /><${Palette} /><${Uploads} /><${Notices} /><${SignInEnded} />`
}

/** @param {Event} event */
function toMain(event) {
  event.preventDefault() // the fragment is the place
  document.getElementById("main")?.focus()
}

function Screen() {
  const [name = "overview", id] = place.value.path
  const resource = resources[name]
  useEffect(() => {
    isMenuOpen.value = false
    scrollTo(0, 0)
    document.querySelector("h1")?.focus({ preventScroll: true })
  }, [name, id])
  if (!resource) return html`<${Head} title=${t("There is no such page")} /><p><a href="#/">${t("Overview")}</a></p>`
  if (resource.view && !id) return html`<${views[resource.view]} resource=${resource} />`
  if (id && resource.item) return html`<${DetailScreen} key=${name + id} resource=${resource} id=${id} />`
  return html`<${ListScreen} key=${name} resource=${resource} />`
}

function Bar() {
  return html`<header class="bar">
    <button type="button" class="menu quiet" aria-expanded=${String(isMenuOpen.value)} aria-controls="navigation" onClick=${() => (isMenuOpen.value = !isMenuOpen.value)}>☰ <span class="hidden">${t("Menu")}</span></button>
    <a class="brand" href="#/">${t("Console")}</a>
    <button type="button" class="search" onClick=${openPalette} aria-keyshortcuts="Control+K"><span>${t("Search or go to…")}</span> <kbd>Ctrl K</kbd></button>
    <${Account} />
  </header>`
}

function Account() {
  const details = useRef(/** @type {HTMLDetailsElement | null} */ (null))
  return html`<details class="account" ref=${details} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && details.current?.removeAttribute("open")}>
    <summary>${account.value?.name || t("Account")}</summary>
    <div class="card">
      <p class="muted">${account.value?.email}</p>
      <label for="theme">${t("Appearance")}</label>
      <select id="theme" value=${theme.value} onChange=${(/** @type {any} */ event) => chooseTheme(event.target.value)}>
        ${Object.entries(THEMES).map(([name, title]) => html`<option value=${name} selected=${name === theme.value}>${t(title)}</option>`)}</select>
      <label for="language">${t("Language")}</label>
      <select id="language" value=${language.value} onChange=${(/** @type {any} */ event) => speak(event.target.value)}>
        ${Object.entries(LANGUAGES).map(([code, title]) => html`<option value=${code} lang=${code} selected=${code === language.value}>${title}</option>`)}</select>
      <button type="button" onClick=${() => signOut()}>${t("Sign out")}</button>
      ${usesCognito && html`<button type="button" onClick=${() => signOut({ everywhere: true })}>${t("Sign out on all devices")}</button>`}
    </div>
  </details>`
}

function Navigation() {
  const [current = "overview"] = place.value.path
  return html`<nav id="navigation" class=${isMenuOpen.value ? "open" : ""} aria-label=${t("Console")}>
    ${groups.map(group => html`<h2>${t(group.title)}</h2><ul>${group.resources.map(resource => html`<li>
      <a href=${href([resource.name])} aria-current=${resource.name === current ? "page" : undefined}>${t(resource.title)}</a></li>`)}</ul>`)}
  </nav>`
}

function SignInEnded() {
  if (!hasEnded.value) return null
  return html`<div class="ended" role="alert"><p>${t("Your sign-in has ended. What you typed stays here until you sign in again.")}</p>
    <button type="button" class="main" onClick=${leaveToSignIn}>${t("Sign in again")}</button></div>`
}

function NoAdministrator() {
  return html`<div class="starting"><h1>${t("This account is no administrator")}</h1>
    <p>${t("The console is for administrators. Sign in with another account.")}</p>
    <button type="button" class="main" onClick=${() => signOut()}>${t("Sign out")}</button>
    ${usesCognito && html`<p>${t("An administrator may need a second factor first:")}</p><${SecondFactor} />`}</div>`
}

/** @param {{ error: unknown }} properties */
export function SignInProblem({ error }) {
  return html`<div class="starting"><h1>${t("Signing in did not work")}</h1>
    <p>${String(error instanceof Error ? error.message : error)}</p>
    <button type="button" class="main" onClick=${leaveToSignIn}>${t("Try again")}</button></div>`
}
