/**
 * The CPU backend: oneDNN for every dense op, called from worker threads of our own. Start at
 * {@link dev.earshot.tensor.cpu.CpuBackend}. An op call becomes an {@code Op} record (views of its tensors, by address),
 * which binds itself once to {@code Step}s (primitives with their arguments, one share per worker); the {@code Team} runs
 * steps with a barrier after each. Eager calls keep bound steps by their record, a {@code CpuProgram} keeps them for good.
 *
 * <p>Never add here: model knowledge, or native code of our own.
 */
package dev.earshot.tensor.cpu;
