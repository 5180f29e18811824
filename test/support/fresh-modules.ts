import { vi } from 'vitest';

// Runs before each file of tests that shares its process with others: the file loads the code anew, so that nothing that a module keeps, such as the
// shapes of lines that it knows, comes from the tests of another file.
vi.resetModules();
