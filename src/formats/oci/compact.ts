/** An object type whose members of type `T | undefined` are optional ones of type `T`. */
export type Compact<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without its undefined members, frozen. */
export function compact<T extends object>(value: T): Compact<T> {
  return Object.freeze(
    Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)),
  ) as Compact<T>;
}
