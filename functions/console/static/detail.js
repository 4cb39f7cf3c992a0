// One item: what is known of it, what can be done with it, what belongs to it.
import { Actions } from "./action.js"
import { request } from "./api.js"
import { field, valueAt } from "./description.js"
import { Head, List, Rows } from "./list.js"
import { useLoaded, useRefresh } from "./loading.js"
import { html } from "./markup.js"
import { panels } from "./panels.js"
import { Refusal } from "./problem.js"
import { resources } from "./resources.js"
import { href } from "./router.js"
import { t, words } from "./texts.js"
import { Value } from "./values.js"

/** @typedef {import("./description.js").Resource} Resource */

/** @param {{ resource: Resource, id: string }} properties */
export function DetailScreen({ resource, id }) {
  const loaded = useLoaded(() => request({ path: `${resource.path}/${encodeURIComponent(id)}` }), [resource.name, id])
  useRefresh(loaded.again, resource.refresh)
  const answer = loaded.value?.data
  const row = answer && resource.item ? { ...answer[resource.item], _answer: answer } : null
  const back = href([resource.name])
  if (!row) {
    return html`<${Head} title=${t(resource.title)} back=${back} />
      ${loaded.error ? html`<${Refusal} error=${loaded.error} retry=${loaded.again} />` : html`<p class="loading" role="status">${t("Loading…")}</p>`}`
  }
  return html`<${Head} title=${resource.heading?.(row) ?? id} back=${back} note=${t(resource.title)}>
      <${Actions} actions=${resource.actions} row=${row} etag=${loaded.value?.etag} />
    <//>
    <${Refusal} error=${loaded.error} retry=${loaded.again} />
    <dl class="facts">${(resource.fields ?? []).map(field).filter(each => !each.rare || valueAt(row, each.name) != null).map(each => html`<div class=${each.kind === "json" || each.kind === "long" || each.wide ? "wide" : ""}>
      <dt>${each.label ? t(each.label) : words(each.name)}</dt><dd><${Value} of=${row} field=${each} /></dd></div>`)}</dl>
    ${(resource.embedded ?? []).map(part => html`<section><h2>${t(part.title)}</h2>
      ${(answer[part.from] ?? row[part.from])?.length > 0
        ? html`<${Rows} rows=${(answer[part.from] ?? row[part.from]).map((/** @type {any} */ each) => ({ ...each, _of: row, _answer: answer }))} columns=${part.columns} actions=${part.actions} label=${t(part.title)} />`
        : html`<p class="empty">${t("None.")}</p>`}</section>`)}
    ${(resource.panels ?? []).map(name => html`<${panels[name]} row=${row} />`)}
    ${(resource.related ?? []).map(related => html`<${RelatedList} key=${related.resource + related.title} related=${related} row=${row} />`)}`
}

/** @param {{ related: import("./description.js").Related, row: import("./description.js").Row }} properties */
function RelatedList({ related, row }) {
  const resource = resources[related.resource]
  const query = related.query(row)
  return html`<section><h2>${t(related.title ?? resource.title)} <a class="quiet" href=${href([resource.name], query)}>${t("Open as a list")}</a></h2>
    <${List} resource=${resource} query=${query} without=${["eventTitle"].filter(() => "eventId" in query)} /></section>`
}
