#pragma once

// `martlet acl explain`: tells which line of which ACL file decides for a user, a client id and a
// topic, without a running broker.

namespace martlet::cli {

// argv[0] is the name to show. Returns 0 when allowed, 1 when denied, 3 when it cannot say.
int acl_main(int argc, char** argv);

}  // namespace martlet::cli
