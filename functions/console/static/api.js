// Requests to the API with the reader's own token, and its refusals as they are said (RFC 9457).
import { apiUrl } from "./configuration.js"
import { accessToken, hasEnded, leaveToSignIn, renew } from "./sign_in.js"

/** A refusal: `detail` and `code` as the API says them, `requestId` to find it in the logs by. */
export class Problem extends Error {
  /** @param {{ status: number, code?: string, detail?: string, requestId?: string, errors?: { field: string, message: string }[] }} given */
  constructor({ status, code = "", detail = "", requestId = "", errors = [] }) {
    super(detail || code || String(status))
    this.status = status
    this.code = code
    this.detail = detail
    this.requestId = requestId
    this.errors = errors
  }
}

/**
 * @typedef {object} Call
 * @property {string} [method] GET unless said otherwise
 * @property {string} path below /functions/v1/
 * @property {Record<string, unknown> | URLSearchParams} [query] empty values are left out
 * @property {unknown} [body]
 * @property {string} [idempotencyKey]
 * @property {string | null} [ifMatch] the ETag that the change is based on
 */

/** The answer's JSON, with its ETag. Throws Problem. @param {Call} call */
export async function request(call) {
  const answer = await send(call)
  return { data: answer.status === 204 ? null : await answer.json(), etag: answer.headers.get("etag") }
}

/** @param {string} path @param {Call["query"]} [query] */
export async function get(path, query) {
  return (await request({ path, query })).data
}

/** A file of the API as a blob. @param {string} path @param {Call["query"]} [query] @param {string} [accept] */
export async function download(path, query, accept = "*/*") {
  return (await send({ path, query }, accept)).blob()
}

/** @param {Call} call @returns {Promise<Response>} */
async function send(call, accept = "application/json") {
  const token = await accessToken()
  if (!token) throw await signInEnded()
  const answer = await attempt(call, token, accept)
  if (answer.status !== 401) return accepted(answer)
  const renewed = await renew() // the clock was wrong, or the token was revoked
  if (!renewed) throw await signInEnded()
  return accepted(await attempt(call, renewed, accept))
}

/** @param {Call} call @param {string} token @param {string} accept */
async function attempt({ method = "GET", path, query, body, idempotencyKey, ifMatch }, token, accept) {
  const address = new URL(path, apiUrl)
  const given = query instanceof URLSearchParams ? [...query] : Object.entries(query ?? {})
  for (const [name, value] of given) if (value != null && value !== "") address.searchParams.append(name, String(value))
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${token}`, Accept: accept }
  if (body !== undefined) headers["Content-Type"] = "application/json"
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey
  if (ifMatch) headers["If-Match"] = ifMatch
  try {
    return await fetch(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" })
  } catch {
    throw new Problem({ status: 0, code: "unreachable", detail: "The API cannot be reached. Check the connection and try again." })
  }
}

/** @param {Response} answer */
async function accepted(answer) {
  if (answer.ok) return answer
  const said = await answer.json().catch(() => ({}))
  const requestId = said.requestId ?? answer.headers.get("apigw-requestid") ?? ""
  throw new Problem({ ...said, status: answer.status, detail: said.detail ?? said.message ?? "", requestId })
}

async function signInEnded() {
  if (!document.querySelector("dialog[open]")) {
    hasEnded.value = false
    await leaveToSignIn() // nothing typed is lost, and the same place comes back
  }
  return new Problem({ status: 401, code: "signed_out", detail: "The sign-in has ended." })
}
