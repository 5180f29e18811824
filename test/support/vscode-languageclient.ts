/** The numbers of vscode-languageclient that the client uses; the package itself runs in VS Code only. */
export const State = { Stopped: 1, Running: 2, Starting: 3, StartFailed: 4 } as const;
export const ErrorAction = { Continue: 1, Shutdown: 2 } as const;
export const CloseAction = { DoNotRestart: 1, Restart: 2 } as const;
