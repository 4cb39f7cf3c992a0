// How resources are described: what they are called, which route lists them, their columns, filters and actions.
// Descriptions are data, checked against openapi.json by tests/console/test_descriptions.py.

/**
 * @typedef {"text" | "long" | "money" | "time" | "date" | "number" | "status" | "boolean" | "json" | "link" | "size" | "percent" | "id" | "changes"} Kind
 * @typedef {Record<string, any>} Row
 *
 * @typedef {object} Field what is shown of a row
 * @property {string} name in the API's answer; dots lead into what is nested
 * @property {Kind} [kind] guessed from the name unless given
 * @property {string} [label]
 * @property {string} [currency] name of the field with the currency of an amount
 * @property {string} [zone] name of the field with the time zone of a time
 * @property {string | ((row: Row) => string)} [to] name of the resource that the value is an id of
 * @property {string} [id] name of the field with the id that the value's link leads to
 * @property {(row: Row) => unknown} [value] where it is computed
 * @property {boolean} [wide] over the whole width
 * @property {boolean} [rare] not shown where it is empty
 *
 * @typedef {object} Filter
 * @property {string} name of the query parameter
 * @property {string} [label]
 * @property {"text" | "choice" | "date" | "time" | "boolean" | "id"} [kind]
 * @property {readonly string[]} [options]
 * @property {string} [placeholder]
 * @property {string} [default]
 *
 * @typedef {object} Input one field of a form
 * @property {string} name of the body's field
 * @property {"text" | "long" | "email" | "url" | "number" | "money" | "time" | "date" | "choice" | "several" | "boolean" | "file"} [kind]
 * @property {string} [label]
 * @property {string} [help]
 * @property {boolean} [required]
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [minLength]
 * @property {number} [maxLength]
 * @property {string} [pattern]
 * @property {readonly string[]} [options]
 * @property {unknown} [value] to begin with
 * @property {string} [currency] of an amount; or the name of the input that has it
 * @property {string} [zone] of a time; or the name of the input that has it
 *
 * @typedef {object} Action something that an administrator does
 * @property {string} name the button's words
 * @property {(row: Row) => boolean} [when] whether it can be done
 * @property {"danger" | "main"} [look]
 * @property {(row: Row) => Promise<any>} [prepare] what has to be known before it is asked about
 * @property {(row: Row, known: any) => (string | null)[]} [consequence] sentences: what happens, to whom and how much
 * @property {(row: Row, known: any) => Input[]} [inputs]
 * @property {(row: Row, values: Record<string, any>, known: any) => import("./api.js").Call} [call]
 * @property {(row: Row, values: Record<string, any>) => Promise<any>} [run] in place of `call`, where one request is not all
 * @property {string} [confirm] the words of the confirming button; the name unless given
 * @property {string} [done] what is said afterwards
 * @property {(answer: any, row: Row) => string | void} [then] where to go afterwards
 * @property {boolean} [key] whether the route takes an Idempotency-Key
 *
 * @typedef {object} Related a list that belongs to a row
 * @property {string} resource name of the resource
 * @property {string} [title]
 * @property {(row: Row) => Record<string, unknown>} query
 *
 * @typedef {object} Embedded rows that come with the answer of one item
 * @property {string} title
 * @property {string} from name of the field of the answer or of the item
 * @property {(string | Field)[]} columns
 * @property {Action[]} [actions]
 *
 * @typedef {object} Resource
 * @property {string} name in addresses
 * @property {string} title
 * @property {string} group of the navigation
 * @property {string} [path] of the list, below /functions/v1/
 * @property {string} [items] field of the list's answer
 * @property {string} [item] field of one item's answer, where there is a route for one
 * @property {string} [id] of a row; "id" unless given
 * @property {(string | Field)[]} [columns]
 * @property {Filter[]} [filters]
 * @property {(row: Row) => string} [heading]
 * @property {(string | Field)[]} [fields] of one item
 * @property {Action[]} [create] actions of the list
 * @property {Action[]} [actions] of one row
 * @property {boolean} [csv] whether the list has format=csv
 * @property {Related[]} [related]
 * @property {Embedded[]} [embedded]
 * @property {string[]} [panels] screens of its own below an item, by name
 * @property {string} [empty] what an empty list says
 * @property {string} [view] a screen of its own instead of a list
 * @property {boolean} [hidden] not in the navigation
 * @property {number} [refresh] seconds after which the list is read again
 */

const MONEY = /(^|[a-z])(amount|amountDeducted|amountRefunded)$|Amount$|^(credit|debit|fee|fees|tax|gross|net|refunded)$/
const STATUS = /(^s|S)tatus$|^(verdict|outcome|phase|result|priority|category|kind)$/

/** A field of a description, from its name or as it is. @param {string | Field} field @returns {Field & { kind: Kind }} */
export function field(field) {
  const given = typeof field === "string" ? { name: field } : field
  return { ...given, kind: given.kind ?? kindOf(given.name.split(".").at(-1) ?? "") }
}

/** @param {string} name @returns {Kind} */
function kindOf(name) {
  if (MONEY.test(name)) return "money"
  if (/At$|By$|^window(Start|End)$|Check(In|Out)$/.test(name) && !/(requested|retried|reviewed)By$/.test(name)) return "time"
  if (STATUS.test(name)) return "status"
  if (/Url$/.test(name)) return "link"
  if (/^is[A-Z]|^(repaired|attended|signatureValid|done|intact)$/.test(name)) return "boolean"
  if (/Id$|^id$|Hash$|^hash$/.test(name)) return "id"
  return "text"
}

/** @param {string} name @param {readonly string[]} options @param {string} [label] @returns {Filter} */
export const choice = (name, options, label) => ({ name, kind: "choice", options, label })

/** @param {Row} row @param {string} name */
export function valueAt(row, name) {
  return name.split(".").reduce((value, part) => value?.[part], /** @type {any} */ (row))
}
