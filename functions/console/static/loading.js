// What is read from the API for a screen: again when its address changes, and when something was changed.
import { signal } from "@preact/signals"
import { useEffect, useRef, useState } from "preact/hooks"

/** Counts changes; whatever is on the screen is read again after each. */
export const changes = signal(0)

/**
 * @template T
 * @param {() => Promise<T>} read
 * @param {unknown[]} by read anew when one of these differs
 * @returns {{ value: T | null, error: unknown, isLoading: boolean, again: () => void }}
 */
export function useLoaded(read, by) {
  const [state, setState] = useState(/** @type {{ value: T | null, error: unknown, isLoading: boolean }} */ ({ value: null, error: null, isLoading: true }))
  const [attempt, setAttempt] = useState(0)
  const latest = useRef(0)
  const key = JSON.stringify(by)
  const shown = useRef(key)
  useEffect(() => {
    const number = ++latest.current
    const isSame = shown.current === key
    shown.current = key
    setState(before => ({ value: isSame ? before.value : null, error: null, isLoading: true }))
    read().then(
      value => number === latest.current && setState({ value, error: null, isLoading: false }),
      error => number === latest.current && setState(before => ({ value: before.value, error, isLoading: false })),
    )
  }, [key, changes.value, attempt])
  return { ...state, again: () => setAttempt(attempt + 1) }
}

/** Ask again every so many seconds while the page is seen. @param {() => void} again @param {number | undefined} seconds */
export function useRefresh(again, seconds) {
  const latest = useRef(again)
  latest.current = again
  useEffect(() => {
    if (!seconds) return
    const timer = setInterval(() => document.hidden || latest.current(), seconds * 1000)
    return () => clearInterval(timer)
  }, [seconds])
}
