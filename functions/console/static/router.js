// The place within the console is the fragment: #/courses/<id>?status=draft. It has the filters, so that links and the back
// button work; and unlike a path it is never sent, so that no server's log has whom an administrator looked for.
import { computed, signal } from "@preact/signals"

/** @typedef {{ path: string[], query: URLSearchParams }} Place */

const fragment = signal(location.hash)
addEventListener("hashchange", () => (fragment.value = location.hash))
addEventListener("popstate", () => (fragment.value = location.hash))

export const place = computed(() => parse(fragment.value))

/** @param {string} text @returns {Place} */
export function parse(text) {
  const [path, query = ""] = text.replace(/^#?\/?/, "").split(/\?(.*)/s)
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) }
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** @param {string[]} path @param {Record<string, unknown> | URLSearchParams} [query] */
export function href(path, query = {}) {
  const given = query instanceof URLSearchParams ? [...query] : Object.entries(query)
  const kept = given.filter(([, value]) => value != null && value !== "").map(([name, value]) => [name, String(value)])
  const text = new URLSearchParams(kept).toString()
  return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`
}

/** @param {string} address */
export function go(address) {
  location.hash = address
}

/** Change the filters of this place, as a step that the back button undoes. @param {Record<string, unknown>} changes */
export function refine(changes) {
  const query = new URLSearchParams(place.value.query)
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "") query.delete(name)
    else query.set(name, String(value))
  }
  go(href(place.value.path, query))
}
