// An extension for VS Code in a browser: a file system in memory with the scheme "memory", filled from files.json beside it.
const vscode = require('vscode');

exports.activate = async (context) => {
  const files = new Map();
  const given = await fetch(vscode.Uri.joinPath(context.extensionUri, 'files.json').toString(true));
  for (const [path, text] of Object.entries(await given.json())) {
    files.set(path, { data: new TextEncoder().encode(text), mtime: Date.now() });
  }
  const changed = new vscode.EventEmitter();
  const fileAt = (uri) => {
    const file = files.get(uri.path);
    if (file === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return file;
  };
  const below = (uri) => {
    const start = uri.path.endsWith('/') ? uri.path : `${uri.path}/`;
    return [...files.keys()].filter((path) => path.startsWith(start)).map((path) => path.slice(start.length).split('/'));
  };
  const provider = {
    onDidChangeFile: changed.event,
    watch: () => ({ dispose() {} }),
    stat(uri) {
      if (!files.has(uri.path) && below(uri).length > 0) return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
      const { data, mtime } = fileAt(uri);
      return { type: vscode.FileType.File, ctime: 0, mtime, size: data.length };
    },
    readDirectory(uri) {
      return [...new Map(below(uri).map(([name, ...more]) => [name, more.length > 0 ? 2 : 1]))];
    },
    readFile: (uri) => fileAt(uri).data,
    writeFile(uri, data) {
      const type = files.has(uri.path) ? vscode.FileChangeType.Changed : vscode.FileChangeType.Created;
      files.set(uri.path, { data, mtime: Date.now() });
      changed.fire([{ type, uri }]);
    },
    delete(uri) {
      files.delete(uri.path);
      changed.fire([{ type: vscode.FileChangeType.Deleted, uri }]);
    },
    createDirectory() {},
    rename() {
      throw vscode.FileSystemError.NoPermissions('not here');
    },
  };
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider('memory', provider));
};
