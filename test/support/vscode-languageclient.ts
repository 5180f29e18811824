/** The numbers of vscode-languageclient that the client uses; the package itself runs in VS Code only. */
export const ErrorAction = { Continue: 1, Shutdown: 2 } as const;
export const CloseAction = { DoNotRestart: 1, Restart: 2 } as const;
