// Changing an element of any type in one step. M: its type, ITEM: its bytes.
// p = update(p), as one step, for elements of any size up to eight bytes.
template <class F> inline void atomically(M* p, F update) {
#if ITEM >= 4
#if ITEM == 8
  typedef unsigned long long Word;
#else
  typedef unsigned Word;
#endif
  Word* word = reinterpret_cast<Word*>(p);
  Word old = *word;
  for (;;) {
    M before;
    memcpy(&before, &old, ITEM);
    const M after = update(before);
    Word wanted;
    memcpy(&wanted, &after, ITEM);
    const Word seen = atomicCAS(word, old, wanted);
    if (seen == old) return;
    old = seen;
  }
#else
  const unsigned shift = unsigned(reinterpret_cast<uint64_t>(p) & 3) * 8, mask = (ITEM == 1 ? 0xffu : 0xffffu) << shift;
  unsigned* word = reinterpret_cast<unsigned*>(reinterpret_cast<uint64_t>(p) & ~uint64_t(3));
  unsigned old = *word;
  for (;;) {
    M before;
    const unsigned held = (old & mask) >> shift;
    memcpy(&before, &held, ITEM);
    const M after = update(before);
    unsigned bits = 0;
    memcpy(&bits, &after, ITEM);
    const unsigned seen = atomicCAS(word, old, (old & ~mask) | (bits << shift));
    if (seen == old) return;
    old = seen;
  }
#endif
}
