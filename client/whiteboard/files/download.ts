// Long enough for a browser that asks first where to put the file.
const KEPT_MS = 60_000

/** Hands a file to the browser, which puts it where it puts what is downloaded. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
}
