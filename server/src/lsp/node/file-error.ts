/** What is wrong with a file that could not be read, or written, in a few words that follow its name. */
export function describeFileError(error: unknown, doing: 'read' | 'write' = 'read'): string {
  if (!(error instanceof Error)) return String(error);
  switch ('code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return `permission to ${doing} it is denied`;
    case 'EROFS':
      return 'its file system is read-only';
    case 'ENOSPC':
      return 'no space left on the device';
    case 'ELOOP':
      return 'its links lead in a circle';
    case 'ENAMETOOLONG':
      return 'its name is too long';
    case 'ENOTDIR':
      return 'a part of its path is no folder';
    case 'EISDIR':
      return 'is a directory, not a file';
    default:
      return error.message;
  }
}
