declare module 'fs-native-extensions' {
  export interface LockOptions {
    readonly shared?: boolean;
  }
  /** False if the lock is held elsewhere. */
  export function tryLock(fd: number, offset?: number, length?: number, options?: LockOptions): boolean;
  export function waitForLock(fd: number, offset?: number, length?: number, options?: LockOptions): Promise<void>;
  export function tryDowngradeLock(fd: number, offset?: number, length?: number): boolean;
  export function unlock(fd: number, offset?: number, length?: number): void;
  /** Punches a hole. */
  export function trim(fd: number, offset: number, length: number): Promise<void>;
  export function sparse(fd: number): Promise<void>;
  export function getAttr(fd: number, name: string): Promise<Buffer | null>;
  export function setAttr(fd: number, name: string, value: string | Uint8Array): Promise<void>;
  export function removeAttr(fd: number, name: string): Promise<void>;
  export function listAttr(fd: number): Promise<string[]>;
}
