// What both the page and its views know: the running stack, and keys as headings.
export const stack = JSON.parse(document.querySelector("#stack").textContent)

/** A key as a heading: `event.title` is "Event title", `priceAmount` is "Price". */
export function words(key) {
  const text = key.replace(/(?<=\w)Amount$/, "").replace(".", " ").replace(/([A-Z])/g, " $1").toLowerCase()
  return text[0].toUpperCase() + text.slice(1)
}
