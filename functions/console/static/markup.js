// Preact with htm: markup in template strings, as elements, never as text that a browser parses.
import htm from "htm"
import { h } from "preact"

export const html = htm.bind(h)
