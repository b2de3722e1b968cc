/** Names in a WGSL module: those of the source, without what WGSL reserves or this printer uses. */

import { uniqueNames } from "../kernel/unique-names.ts";

/** Keywords, reserved words (WGSL, 15.1 and 15.2), and the predeclared names that texts use. */
const taken = `
alias break case const const_assert continue continuing default diagnostic discard else enable false fn for if let loop
override requires return struct switch true var while

NULL Self abstract active alignas alignof as asm asm_fragment async attribute auto await become cast catch class
co_await co_return co_yield coherent column_major common compile compile_fragment concept const_cast consteval constexpr
constinit crate debugger decltype delete demote demote_to_helper do dynamic_cast enum explicit export extends extern
external fallthrough filter final finally friend from fxgroup get goto groupshared highp impl implements import inline
instanceof interface layout lowp macro macro_rules match mediump meta mod module move mut mutable namespace new nil
noexcept noinline nointerpolation non_coherent noncoherent noperspective null nullptr of operator package packoffset
partial pass patch pixelfragment precise precision premerge priv protected pub public readonly ref regardless register
reinterpret_cast require resource restrict self set shared sizeof smooth snorm static static_assert static_cast std
subroutine super target template this thread_local throw trait try type typedef typeid typename typeof union unless
unorm unsafe unsized use using varying virtual volatile wgsl where with writeonly yield

main bool i32 u32 f32 f16 array atomic vec4 vec4f vec4i vec4u bitcast abs fma sqrt floor ceil trunc round min max select
workgroupBarrier storageBarrier nothing groups`
  .split(/\s+/)
  .filter((name) => name !== "");

/** Gives each asker a name that no other has. */
export const wgslNames = (): ((name: string) => string) => {
  const fresh = uniqueNames();
  for (const name of taken) fresh(name);
  return (name) => {
    const plain = name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "");
    return fresh(/^[A-Za-z]/.test(plain) ? plain : `v${plain}`);
  };
};
