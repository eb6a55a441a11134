const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  EEXIST: 'it is a file',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
}

/**
 * Why the system did not do something with a file, in words; behind a comma or a colon.
 *
 * @example fileTrouble(Object.assign(new Error(), { code: 'ENOENT' })) // 'there is no such file'
 */
export function fileTrouble(thrown: unknown): string {
  const { code = '' } = thrown as { readonly code?: string }
  return WORDS[code] ?? (thrown instanceof Error ? thrown.message : String(thrown))
}
