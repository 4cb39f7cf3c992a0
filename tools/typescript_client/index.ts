/** The platform's API, typed from its OpenAPI document. */
import createFetchClient, { type Client as FetchClient } from "openapi-fetch"
import type { components, operations, paths } from "./schema.js"

export type { components, operations, paths }

/** A schema of the document by its name: `Schema<"Registration">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name]

/** Answers are JSON and refusals problems; for a file, send another `Accept` and say `parseAs: "blob"`. */
export type Client = FetchClient<paths, "application/json" | "application/problem+json">

export interface ClientOptions {
  /** Where the API is, without the path: `https://api.example.com`. */
  baseUrl: string
  /** Asked before each request, so that it may refresh the token; null or undefined calls as nobody. */
  accessToken?: () => string | null | undefined | Promise<string | null | undefined>
  /** A random id that the browser keeps; signs of fraud are found by it. */
  deviceId?: string
}

/** A client of every operation: `client.GET("/functions/v1/events/{eventId}", { params: { path: { eventId } } })`. */
export function createClient({ baseUrl, accessToken, deviceId }: ClientOptions): Client {
  const client: Client = createFetchClient<paths, "application/json" | "application/problem+json">({
    baseUrl,
    headers: { Accept: "application/json" },
  })
  client.use({
    async onRequest({ request }) {
      const token = await accessToken?.()
      if (token) request.headers.set("Authorization", `Bearer ${token}`)
      if (deviceId) request.headers.set("X-Device-Id", deviceId)
      return request
    },
  })
  return client
}

/** A refusal. `code` is the API's own; API Gateway's refusals have none. */
export class ApiError extends Error {
  readonly status: number
  readonly problem: Partial<Schema<"Problem">>

  constructor(status: number, body: unknown) {
    const problem: Partial<Schema<"Problem">> & { message?: string } = typeof body === "object" && body ? body : {}
    super(problem.detail ?? problem.message ?? `The API answered ${status}.`)
    this.name = "ApiError"
    this.status = status
    this.problem = problem
  }

  get code(): string | undefined {
    return this.problem.code
  }
}

/** What a request was answered with; throws ApiError when it was refused. */
export async function unwrap<T>(request: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await request
  if (data === undefined) throw new ApiError(response.status, error)
  return data
}
