// Nothing of its own: the headers that nearly all sources include are compiled with it, once (see
// house.cmake).
