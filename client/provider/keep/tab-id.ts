/** No two tabs share one. `crypto.randomUUID` is missing where a page comes over plain HTTP. */
export const newTabId = (): string => crypto.getRandomValues(new Uint32Array(3)).join('-')
