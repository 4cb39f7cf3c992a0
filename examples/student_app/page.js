// Pieces of a page.

/** @template {keyof HTMLElementTagNameMap} T
 * @param {T} name @param {Record<string, string>} attributes @param {(Node | string)[]} children */
export function element(name, attributes, children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/** A form with a labelled field for each name and its type.
 * @param {string} label @param {Record<string, string>} names @param {(values: Record<string, string>) => unknown} submit */
export function fields(label, names, submit) {
  const inputs = Object.entries(names).map(([name, type]) =>
    element("label", {}, [name, element("input", { name, type, required: "", autocomplete: name === "password" ? "on" : name }, [])]),
  )
  const form = element("form", { "aria-label": label }, [...inputs, element("button", {}, [label])])
  form.addEventListener("submit", event => {
    event.preventDefault()
    submit(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form))))
  })
  return form
}

/** @param {number} amount in minor units @param {string} currency */
export function money(amount, currency) {
  const format = new Intl.NumberFormat("en-IN", { style: "currency", currency })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

/** @param {string} instant */
export function when(instant) {
  return new Date(instant).toLocaleString("en-IN", { dateStyle: "medium", timeStyle: "short" })
}
