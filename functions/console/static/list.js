// Lists: filters in the address, a table that becomes cards on a phone, pages by cursor, CSV.
import { useEffect, useState } from "preact/hooks"
import { Actions } from "./action.js"
import { download, get } from "./api.js"
import { field, valueAt } from "./description.js"
import { save } from "./files.js"
import { instant, localInput } from "./format.js"
import { changes, useLoaded, useRefresh } from "./loading.js"
import { html } from "./markup.js"
import { Refusal } from "./problem.js"
import { href, place, refine } from "./router.js"
import { t, words } from "./texts.js"
import { Value } from "./values.js"

/** @typedef {import("./description.js").Resource} Resource */
/** @typedef {import("./description.js").Row} Row */

const PAGE = 50

/** A resource's own screen. @param {{ resource: Resource }} properties */
export function ListScreen({ resource }) {
  const query = Object.fromEntries([...place.value.query])
  return html`<${Head} title=${t(resource.title)}>
      <${Actions} actions=${resource.create} row=${query} />
    <//>
    ${resource.filters && html`<${Filters} filters=${resource.filters} />`}
    <${List} resource=${resource} query=${queryOf(resource, query)} />`
}

/** @param {{ title: any, children?: any, back?: string, note?: any }} properties */
export function Head({ title, children, back, note }) {
  useEffect(() => {
    if (typeof title === "string") document.title = `${title} · ${t("Console")}`
  }, [title])
  return html`<header class="head"><div>
      ${back && html`<a class="back" href=${back}>← ${t("All")}</a>`}
      <h1 tabindex="-1">${title}</h1>${note && html`<p class="note">${note}</p>`}
    </div>${children}</header>`
}

/** The list's parameters: those of the address that it takes, with defaults. @param {Resource} resource @param {Record<string, string>} given */
function queryOf(resource, given) {
  const filters = resource.filters ?? []
  return Object.fromEntries(filters.map(filter => [filter.name, given[filter.name] === "any" ? "" : given[filter.name] ?? filter.default ?? ""]))
}

/** @param {{ resource: Resource, query: Record<string, unknown>, without?: string[] }} properties */
export function List({ resource, query, without = [] }) {
  const key = JSON.stringify(query)
  const [further, setFurther] = useState({ of: "", rows: /** @type {Row[]} */ ([]), cursor: /** @type {string | null} */ (null) })
  const [isAdding, setAdding] = useState(false)
  const [failure, setFailure] = useState(/** @type {unknown} */ (null))
  const first = useLoaded(() => get(resource.path ?? "", { ...query, limit: resource.path?.includes("settlements") ? undefined : PAGE }), [resource.name, key])
  useRefresh(first.again, resource.refresh)
  const stamp = `${resource.name} ${key} ${changes.value}`
  const added = further.of === stamp ? further : { rows: [], cursor: first.value?.nextCursor ?? null }
  const rows = /** @type {Row[]} */ ([...(first.value?.[resource.items ?? ""] ?? []), ...added.rows])
  const columns = (resource.columns ?? []).map(field).filter(column => !without.includes(column.name))

  async function more() {
    setAdding(true)
    setFailure(null)
    try {
      const page = await get(resource.path ?? "", { ...query, limit: PAGE, cursor: added.cursor })
      setFurther({ of: stamp, rows: [...added.rows, ...page[resource.items ?? ""]], cursor: page.nextCursor })
    } catch (error) {
      setFailure(error)
    }
    setAdding(false)
  }

  return html`<div class="list" aria-busy=${first.isLoading ? "true" : "false"}>
    <${Refusal} error=${first.error ?? failure} retry=${first.error ? first.again : more} />
    ${first.value && html`<${Rows} rows=${rows} columns=${columns} actions=${resource.item ? [] : resource.actions} resource=${resource} />`}
    ${!first.value && !first.error && html`<p class="loading" role="status">${t("Loading…")}</p>`}
    ${first.value && rows.length === 0 && html`<p class="empty">${t(resource.empty ?? "Nothing here.")}</p>`}
    <div class="foot">
      ${rows.length > 0 && html`<span class="count">${t(added.cursor ? "The first {number}" : "{number} in all", { number: rows.length })}</span>`}
      ${added.cursor && html`<button type="button" onClick=${more} disabled=${isAdding}>${isAdding ? t("Loading…") : t("Show more")}</button>`}
      ${resource.csv && rows.length > 0 && html`<${Csv} path=${resource.path ?? ""} query=${query} name=${resource.name} />`}
    </div>
  </div>`
}

/** @param {{ path: string, query: Record<string, unknown>, name: string }} properties */
export function Csv({ path, query, name }) {
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const fetchSheet = () =>
    download(path, { ...query, format: "csv" }).then(blob => save(blob, `${name}.csv`), setError)
  return html`<button type="button" onClick=${fetchSheet}>${t("Download CSV")}</button><${Refusal} error=${error} />`
}

/** @param {{ rows: Row[], columns: (string | import("./description.js").Field)[], actions?: import("./description.js").Action[], resource?: Resource, label?: string }} properties */
export function Rows({ rows, columns, actions, resource, label }) {
  if (rows.length === 0) return null
  const fields = columns.map(field)
  const target = (/** @type {Row} */ row) => (resource?.item ? href([resource.name, String(valueAt(row, resource.id ?? "id"))]) : null)
  const name = (/** @type {Row} */ row) => String(resource?.heading?.(row) ?? valueAt(row, fields[0]?.name ?? "") ?? "")
  const hasActions = actions && rows.some(row => actions.some(action => action.when?.(row) ?? true))
  return html`<div class="table" role="region" tabindex="0" aria-label=${label ?? (resource ? t(resource.title) : t("Table"))}><table>
    <thead><tr>${fields.map(each => html`<th scope="col" class=${each.kind}>${each.label ? t(each.label) : words(each.name)}</th>`)}
      ${hasActions && html`<th scope="col"><span class="hidden">${t("Actions")}</span></th>`}</tr></thead>
    <tbody>${rows.map((row, index) => html`<tr key=${valueAt(row, resource?.id ?? "id") ?? index}>
      ${fields.map((each, position) => html`<td class=${each.kind} data-label=${each.label ? t(each.label) : words(each.name)}>
        ${position === 0 && target(row) ? html`<a class="main" href=${target(row)}><${Value} of=${row} field=${{ ...each, to: undefined, plain: true }} /></a>` : html`<${Value} of=${row} field=${each} />`}</td>`)}
      ${hasActions && html`<td class="do"><${Actions} actions=${actions} row=${row} about=${name(row)} /></td>`}
    </tr>`)}</tbody></table></div>`
}

/** @param {{ filters: import("./description.js").Filter[] }} properties */
function Filters({ filters }) {
  const query = place.value.query
  /** @param {any} event */
  const submit = event => {
    event.preventDefault()
    const form = new FormData(event.target)
    refine(Object.fromEntries(filters.map(filter => [filter.name, typed(filter, String(form.get(filter.name) ?? ""))])))
  }
  const isFiltered = filters.some(filter => query.has(filter.name))
  return html`<form class="filters" role="search" aria-label=${t("Filters")} onSubmit=${submit} key=${query.toString()}>
    ${filters.map(filter => html`<div class="filter"><label for=${`filter-${filter.name}`}>${filter.label ? t(filter.label) : words(filter.name)}</label>
      ${filterControl(filter, query.get(filter.name) ?? filter.default ?? "")}</div>`)}
    <div class="filter buttons"><button type="submit">${t("Filter")}</button>
      ${isFiltered && html`<a class="button quiet" href=${href(place.value.path)}>${t("Clear")}</a>`}</div>
  </form>`
}

/** @param {import("./description.js").Filter} filter @param {string} text */
function typed(filter, text) {
  return filter.kind === "time" && text ? instant(text) : text.trim()
}

/** @param {import("./description.js").Filter} filter @param {string} value */
function filterControl(filter, value) {
  const common = { id: `filter-${filter.name}`, name: filter.name }
  const sendAtOnce = (/** @type {any} */ event) => event.target.form.requestSubmit()
  if (filter.kind === "choice" || filter.kind === "boolean") {
    const options = filter.kind === "boolean" ? ["true", "false"] : filter.options ?? []
    const name = (/** @type {string} */ option) => (filter.kind === "boolean" ? t(option === "true" ? "Yes" : "No") : words(option))
    return html`<select ...${common} onChange=${sendAtOnce}><option value=${filter.default ? "any" : ""} selected=${!value}>${t("Any")}</option>
      ${options.map(option => html`<option value=${option} selected=${option === value}>${name(option)}</option>`)}</select>`
  }
  if (filter.kind === "time") return html`<input ...${common} type="datetime-local" value=${localInput(value)} />`
  if (filter.kind === "date") return html`<input ...${common} type="date" value=${value} />`
  return html`<input ...${common} type="search" value=${value} placeholder=${filter.placeholder ?? ""} autocomplete="off" spellcheck="false" />`
}
