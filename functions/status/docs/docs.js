// Shows openapi.json: groups in their order, operations that open on demand, a form that calls each of them.

const byId = id => document.getElementById(id)
const VERBS = ["get", "post", "put", "patch", "delete"]

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value)
  }
  made.append(...children.flat(Infinity).filter(each => each !== null && each !== undefined))
  return made
}

// The Markdown that descriptions use: paragraphs, lists, `code` and **strong**.
function prose(text = "") {
  return text.split(/\n{2,}/).filter(Boolean).map(block => {
    const lines = block.split("\n")
    if (lines.every(line => line.startsWith("- "))) {
      return element("ul", {}, lines.map(line => element("li", {}, inline(line.slice(2)))))
    }
    return element("p", {}, inline(lines.join(" ")))
  })
}

function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map(part => {
    if (part.startsWith("`")) return element("code", {}, part.slice(1, -1))
    return part.startsWith("**") ? element("strong", {}, part.slice(2, -2)) : part
  })
}

function show(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2)
  return element("pre", { tabindex: 0, role: "group", "aria-label": "Text" }, text)
}

class Reference {
  constructor(api) {
    this.api = api
  }

  resolve(part) {
    if (!part?.$ref) return part
    const { $ref, ...own } = part
    return { ...$ref.slice(2).split("/").reduce((found, name) => found[name], this.api), ...own }
  }

  name(schema) {
    if (schema.$ref) return schema.$ref.split("/").at(-1)
    const choices = schema.anyOf ?? schema.oneOf
    if (choices) return choices.map(each => this.name(each)).join(" or ")
    if (schema.const !== undefined) return JSON.stringify(schema.const)
    if (schema.enum) return schema.enum.map(each => JSON.stringify(each)).join(" | ")
    if (schema.type === "array") return `list of ${this.name(schema.items)}`
    return schema.format ?? schema.type ?? "anything"
  }

  limits(schema) {
    const known = {
      minimum: "at least", maximum: "at most", minLength: "characters from", maxLength: "characters up to",
      minItems: "entries from", maxItems: "entries up to", pattern: "pattern", default: "default",
    }
    const parts = [schema, ...(schema.anyOf ?? [])].flatMap(each =>
      Object.entries(known).filter(([key]) => each[key] !== undefined && each[key] !== null)
        .map(([key, words]) => `${words} ${typeof each[key] === "string" ? each[key] : JSON.stringify(each[key])}`))
    return parts.length ? `; ${parts.join(", ")}` : ""
  }

  // The schemas that a value of this one consists of.
  objects(schema) {
    const own = this.resolve(schema)
    if (own.properties) return [own]
    if (own.items) return this.objects(own.items)
    return (own.anyOf ?? own.oneOf ?? []).flatMap(each => this.objects(each))
  }

  fields(schema) {
    return this.objects(schema).map(own => element("dl", {}, Object.entries(own.properties).map(([name, value]) => [
      element("dt", {}, element("code", {}, name), " ",
        element("span", { class: "soft" }, this.name(value), own.required?.includes(name) ? "" : ", optional",
          this.limits(value))),
      element("dd", {}, prose(value.description), this.objects(value).length
        ? fold(`Fields of ${name}`, () => this.fields(value), "part") : null),
    ])))
  }

  media(content = {}) {
    return Object.entries(content).map(([kind, { schema, example, examples }]) => {
      const given = example !== undefined ? [["Example", example]]
        : Object.entries(examples ?? {}).map(([name, each]) => [`Example ${name}`, each.value])
      return element("div", {},
        element("p", {}, element("code", {}, kind), " ", element("span", { class: "soft" }, this.name(schema))),
        kind === "application/problem+json" ? null : this.fields(schema),
        given.map(([title, value]) => fold(title, () => [show(value)], "part")))
    })
  }

  operation(path, verb, operation) {
    const needs = operation.security.map(each => Object.keys(each)[0] ?? "nobody")
    const who = { user: "a user's access token", service: "the service bearer", nobody: "no token" }
    return [
      prose(operation.description),
      element("p", {}, "Needs ", needs.length ? needs.map(each => who[each]).join(" or ") : "no token", "."),
      operation.parameters?.length ? [element("h4", {}, "Parameters"), element("dl", {},
        operation.parameters.map(each => [
          element("dt", {}, element("code", {}, each.name), " ", element("span", { class: "soft" },
            `${each.in}, ${this.name(each.schema)}${each.required ? "" : ", optional"}${this.limits(each.schema)}`)),
          element("dd", {}, prose(each.description)),
        ]))] : [],
      operation.requestBody ? [element("h4", {}, "Body"), this.media(operation.requestBody.content)] : [],
      element("h4", {}, "Answers"),
      Object.entries(operation.responses).map(([status, response]) => {
        const own = this.resolve(response)
        return fold(`${status} ${own.description.split("\n")[0].replace(/^- |`/g, "")}`,
          () => [prose(own.description), this.media(own.content)], "part", status < "300")
      }),
      fold("Try it", () => [this.form(path, verb, operation)], "part"),
    ]
  }

  form(path, verb, operation) {
    const fields = (operation.parameters ?? []).map(each => [each, element("input", { required: each.required })])
    const [kind, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
    const body = kind && element("textarea", { rows: 8, spellcheck: "false" })
    if (body) body.value = JSON.stringify(Object.values(content.examples ?? {})[0]?.value ?? {}, null, 2)
    const answer = element("div", { "aria-live": "polite" })
    const send = async submitted => {
      submitted.preventDefault()
      answer.replaceChildren("Waiting…")
      answer.replaceChildren(...await call(path, verb, fields, kind, body?.value).catch(error => [String(error)]))
    }
    return element("form", { class: "try", onsubmit: send },
      fields.map(([each, input]) => element("label", {}, each.name, input)),
      body ? element("label", {}, "Body", body) : null, element("button", {}, "Send"), answer)
  }
}

async function call(path, verb, fields, kind, body) {
  const given = fields.filter(([, input]) => input.value !== "").map(([each, input]) => [each, input.value])
  const of = place => given.filter(([each]) => each.in === place)
  const address = of("path").reduce((text, [each, value]) =>
    text.replace(`{${each.name}}`, encodeURIComponent(value)), path)
  const query = new URLSearchParams(of("query").map(([each, value]) => [each.name, value]))
  const headers = Object.fromEntries(of("header").map(([each, value]) => [each.name, value]))
  if (kind) headers["Content-Type"] = kind
  if (byId("token").value) headers.Authorization = `Bearer ${byId("token").value}`
  const begun = performance.now()
  const url = location.origin + address
  const answer = await fetch(query.size ? `${url}?${query}` : url, { method: verb.toUpperCase(), headers, body })
  const text = await answer.text()
  const type = answer.headers.get("content-type") ?? ""
  return [
    element("p", {}, `${answer.status} ${answer.statusText} in ${Math.round(performance.now() - begun)} ms, ${type}`),
    show(type.includes("json") && text ? JSON.parse(text) : text),
  ]
}

function fold(title, content, kind = "", open = false) {
  const body = element("div", { class: "body" })
  const made = element("details", { class: kind }, element("summary", {}, title), body)
  fillOnce(made, body, content)
  made.open = open
  return made
}

function fillOnce(details, body, content) {
  details.addEventListener("toggle", () => body.append(...content().flat(Infinity).filter(Boolean)), { once: true })
}

function card(reference, path, verb, operation) {
  const body = element("div", { class: "body" })
  const made = element("details", { id: operation.operationId },
    element("summary", {}, element("h3", {}, element("span", { class: `verb ${verb}` }, verb.toUpperCase()), " ",
      element("code", {}, path.replace("/functions/v1/", "")), " ",
      element("span", { class: "soft" }, operation.summary))), body)
  fillOnce(made, body, () => reference.operation(path, verb, operation))
  made.dataset.text = [path, operation.operationId, operation.summary, operation.description].join(" ").toLowerCase()
  return made
}

const anchor = tag => `group-${tag.toLowerCase().replace(/\W+/g, "-")}`

function draw(api) {
  const reference = new Reference(api)
  const all = Object.entries(api.paths).flatMap(([path, methods]) =>
    VERBS.filter(verb => methods[verb]).map(verb => [path, verb, methods[verb]]))
  byId("title").textContent = `${api.info.title} ${api.info.version}`
  byId("groups").append(...api.tags.map(({ name }) =>
    element("li", {}, element("a", { href: `#${anchor(name)}` }, name))))
  byId("content").replaceChildren(
    element("section", {}, prose(api.info.description),
      element("p", {}, element("a", { href: "openapi.json" }, "openapi.json"), " for generators of clients")),
    ...api.tags.map(({ name, description }) => element("section", { "data-group": true },
      element("h2", { id: anchor(name) }, name), prose(description),
      all.filter(([, , { tags }]) => tags.includes(name)).map(each => card(reference, ...each)))))
}

function find() {
  const words = byId("find").value.toLowerCase().split(/\s+/)
  for (const section of document.querySelectorAll("[data-group]")) {
    const cards = [...section.querySelectorAll("[data-text]")]
    for (const each of cards) each.hidden = !words.every(word => each.dataset.text.includes(word))
    section.hidden = cards.every(each => each.hidden)
  }
}

function open() {
  const wanted = byId(decodeURIComponent(location.hash.slice(1)))
  if (wanted?.tagName === "DETAILS") wanted.open = true
  wanted?.scrollIntoView()
}

const loaded = await fetch("openapi.json")
if (loaded.ok) {
  draw(await loaded.json())
  byId("find").addEventListener("input", find)
  byId("tools").addEventListener("submit", submitted => submitted.preventDefault())
  addEventListener("hashchange", open)
  open()
  document.body.dataset.ready = true
} else {
  byId("state").textContent = `The document cannot be loaded (${loaded.status}).`
}
