// Stands in for https://checkout.razorpay.com/v1/checkout.js: the same constructor, options, handler, events and redirect.
// https://razorpay.com/docs/payments/payment-gateway/web-integration/standard/integration-steps/
(() => {
  const home = new URL(document.currentScript.src).origin

  class Razorpay {
    constructor(options = {}) {
      if (!options.key) throw new Error("No key passed")
      this.options = options
      this.listeners = new Map()
    }

    on(event, listener) {
      this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener])
      return this
    }

    emit(event, payload) {
      for (const listener of this.listeners.get(event) ?? []) listener(payload)
    }

    open() {
      if (this.overlay) return
      const { key, order_id, callback_url, redirect } = this.options
      const page = new URL(`/checkout/${encodeURIComponent(order_id)}`, home)
      page.searchParams.set("key", key)
      if (redirect && callback_url) {
        page.searchParams.set("callback_url", callback_url)
        page.searchParams.set("redirect", location.href)
        location.assign(page)
        return
      }
      page.searchParams.set("opener", location.origin)
      this.show(page)
    }

    show(page) {
      const { modal = {} } = this.options
      this.overlay = document.createElement("div")
      this.overlay.className = "razorpay-container"
      this.overlay.style.cssText = "position:fixed;inset:0;z-index:2147483647;background:#0009;display:grid;place-items:center"
      this.frame = document.createElement("iframe")
      this.frame.className = "razorpay-checkout-frame"
      this.frame.title = "Fake Razorpay checkout"
      this.frame.src = page
      this.frame.style.cssText = "width:min(26rem,100%);height:min(36rem,100%);border:0;border-radius:8px;background:Canvas"
      const close = document.createElement("button")
      close.textContent = "Close"
      close.setAttribute("aria-label", "Close checkout")
      close.style.cssText = "position:absolute;top:1rem;right:1rem;font:inherit;padding:.5rem 1rem"
      close.addEventListener("click", () => this.dismiss())
      this.overlay.append(this.frame, close)
      this.overlay.addEventListener("click", ({ target }) => {
        if (target === this.overlay && modal.backdropclose) this.dismiss()
      })
      this.heard = event => this.hear(event)
      this.pressed = ({ key }) => { if (key === "Escape" && modal.escape !== false) this.dismiss() }
      addEventListener("message", this.heard)
      addEventListener("keydown", this.pressed)
      document.body.append(this.overlay)
      this.frame.focus()
    }

    hear({ origin, source, data }) {
      if (origin !== home || source !== this.frame?.contentWindow) return
      if (data.error) this.emit("payment.failed", { error: data.error })
      if (data.fields) {
        this.close()
        this.options.handler ? this.options.handler(data.fields) : this.post(data.fields)
      }
    }

    post(fields) {
      if (!this.options.callback_url) return
      const form = document.createElement("form")
      form.method = "post"
      form.action = this.options.callback_url
      for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }))
      }
      document.body.append(form)
      form.submit()
    }

    dismiss() {
      const { modal = {} } = this.options
      if (modal.confirm_close && !confirm("Are you sure, you want to close the form?")) return
      this.close()
      modal.ondismiss?.()
    }

    close() {
      this.overlay?.remove()
      removeEventListener("message", this.heard)
      removeEventListener("keydown", this.pressed)
      this.overlay = this.frame = undefined
    }
  }

  window.Razorpay = Razorpay
})()
