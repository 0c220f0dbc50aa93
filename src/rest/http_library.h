// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_HTTP_LIBRARY_H_
#define ATTESTD_REST_HTTP_LIBRARY_H_

#include <microhttpd.h>

#include <string>

#include "rest/head.h"
#include "rest/reply.h"

// What we need of GNU libmicrohttpd, in our words.
namespace attestd::rest {

int SocketOf(MHD_Connection* connection);

// The head of the request on a connection; its texts live as long as the request.
Head ReadHead(MHD_Connection* connection, const char* method, const std::string& target);

// Hands the reply to the library, which sends the body from where it is, wipes it when the last
// byte is with the kernel or the client has left, and closes the connection then if told to. MHD_NO
// when there is no memory for it: the connection is over.
MHD_Result QueueReply(MHD_Connection* connection, HttpReply reply, bool close);

}  // namespace attestd::rest

#endif  // ATTESTD_REST_HTTP_LIBRARY_H_
