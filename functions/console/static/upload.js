// Uploads of recordings: in parts, straight to the bucket, with progress, pause and resume. They go on while the reader
// looks at other screens, and end with the page.
import { signal } from "@preact/signals"
import { request } from "./api.js"
import { size } from "./format.js"
import { changes } from "./loading.js"
import { html } from "./markup.js"
import { announce } from "./notices.js"
import { Refusal } from "./problem.js"
import { t } from "./texts.js"

const ATTEMPTS = 3
const MARGIN_MS = 60_000

/**
 * @typedef {object} Upload
 * @property {string} id of the recording
 * @property {string} title
 * @property {File} file
 * @property {{ partSizeBytes: number, parts: { partNumber: number, url: string }[], expiresAt: string }} links
 * @property {Map<number, string>} etags of the parts that have arrived
 * @property {number} sent bytes
 * @property {"running" | "paused" | "failed"} state
 * @property {unknown} error
 * @property {XMLHttpRequest | null} sending
 */

/** @type {import("@preact/signals").Signal<Upload[]>} */
const uploads = signal([])

addEventListener("beforeunload", event => {
  if (uploads.value.some(upload => upload.state === "running")) event.preventDefault()
})

/** Upload a file for a recording, as the API answered its creation. @param {File} file @param {any} answer */
export function beginUpload(file, answer) {
  const { id, title } = answer.recording
  const upload = /** @type {Upload} */ ({ id, title, file, links: answer.upload, etags: new Map(), sent: 0, state: "running", error: null, sending: null })
  uploads.value = [...uploads.value.filter(other => other.id !== id), upload]
  run(upload)
}

/** @param {Upload} upload */
async function run(upload) {
  upload.state = "running"
  upload.error = null
  show()
  try {
    for (const { partNumber } of upload.links.parts) {
      if (!upload.etags.has(partNumber)) upload.etags.set(partNumber, await sendPart(upload, partNumber))
      if (upload.state !== "running") return show()
    }
    const parts = [...upload.etags].map(([partNumber, etag]) => ({ partNumber, etag }))
    await request({ method: "POST", path: `admin/recordings/${upload.id}/complete`, body: { parts } })
    uploads.value = uploads.value.filter(other => other !== upload)
    announce(t("{title} is uploaded.", { title: upload.title }))
    changes.value++
  } catch (error) {
    if (/** @type {Upload["state"]} */ (upload.state) === "paused") return
    upload.state = "failed"
    upload.error = error
    show()
  }
}

/** One part, tried again when the connection breaks; its ETag. @param {Upload} upload @param {number} partNumber @returns {Promise<string>} */
async function sendPart(upload, partNumber) {
  for (let attempt = 1; ; attempt++) {
    if (Date.parse(upload.links.expiresAt) < Date.now() + MARGIN_MS) {
      upload.links = (await request({ method: "POST", path: `admin/recordings/${upload.id}/upload` })).data.upload
    }
    try {
      return await put(upload, partNumber)
    } catch (error) {
      if (attempt === ATTEMPTS || upload.state !== "running") throw error
    }
  }
}

/** By XMLHttpRequest, which tells how far it is. @param {Upload} upload @param {number} partNumber @returns {Promise<string>} */
function put(upload, partNumber) {
  const { partSizeBytes, parts } = upload.links
  const start = (partNumber - 1) * partSizeBytes
  const url = parts.find(part => part.partNumber === partNumber)?.url ?? ""
  return new Promise((resolve, reject) => {
    const sending = (upload.sending = new XMLHttpRequest())
    sending.open("PUT", url)
    sending.upload.onprogress = event => {
      upload.sent = start + event.loaded
      show()
    }
    sending.onload = () => (sending.status === 200 ? resolve(sending.getResponseHeader("ETag") ?? "") : reject(new Error(t("The storage refused a part ({status}).", { status: sending.status }))))
    sending.onerror = () => reject(new Error(t("The storage cannot be reached.")))
    sending.onabort = () => reject(new Error(t("Paused.")))
    sending.send(upload.file.slice(start, start + partSizeBytes))
  })
}

/** @param {Upload} upload */
function pause(upload) {
  upload.state = "paused"
  upload.sending?.abort()
  show()
}

const show = () => (uploads.value = [...uploads.value])

export function Uploads() {
  if (uploads.value.length === 0) return null
  return html`<section class="uploads" aria-label=${t("Uploads")}>${uploads.value.map(upload => html`<div key=${upload.id}>
    <p><label for=${`upload-${upload.id}`}>${upload.title}</label> <span class="muted">${size(upload.sent)} / ${size(upload.file.size)}</span></p>
    <progress id=${`upload-${upload.id}`} max=${upload.file.size} value=${upload.sent}></progress>
    <${Refusal} error=${upload.error} />
    ${upload.state === "running" ? html`<button type="button" onClick=${() => pause(upload)}>${t("Pause")}</button>` : html`<button type="button" onClick=${() => run(upload)}>${t("Resume")}</button>`}
  </div>`)}</section>`
}
