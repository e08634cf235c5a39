/*
 * A storage that discards, as fast as the system can: `bench/upload.ts` measures uploaders against it.
 *
 * A thread for each connection, HTTP/1.1 with Content-Length only. Without TLS the bytes are thrown away by the kernel
 * and never copied. PUT is answered with an ETag that is no MD5, POST with what the multipart calls of S3 answer.
 *
 * sink [--delay MS] [--rate BYTES_PER_SECOND] [--fail EVERY] [--slow EVERY FACTOR] [--tls CERTIFICATE KEY]
 *
 * Every connection is read at `--rate`; the parts whose number is a multiple of EVERY at rate/FACTOR. Every EVERY-th
 * PUT is answered with 500. All answers come MS late. The port is the first line on the standard output; it ends with
 * its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef TLS
#include <openssl/ssl.h>
#include <signal.h>
static SSL_CTX *context;
#endif

static long delay_ms, rate, fail_every, slow_every, slow_factor = 1;
static atomic_long put_count;

typedef struct {
  int fd;
#ifdef TLS
  SSL *ssl;
#endif
  char *block;
  size_t held; /* bytes of `block` that were read beyond the head */
} Connection;

enum { block_size = 256 * 1024 };

static void sleep_ms(double ms) {
  struct timespec time = {(time_t)(ms / 1000), (long)((long long)(ms * 1e6) % 1000000000LL)};
  nanosleep(&time, NULL);
}

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static ssize_t receive(Connection *c, char *into, size_t length) {
#ifdef TLS
  if (c->ssl) return SSL_read(c->ssl, into, (int)length);
#endif
  return recv(c->fd, into, length, 0);
}

static int transmit(Connection *c, const char *text, size_t length) {
#ifdef TLS
  if (c->ssl) return SSL_write(c->ssl, text, (int)length) > 0;
#endif
  return send(c->fd, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static ssize_t discard(Connection *c, size_t length) {
#ifdef TLS
  if (c->ssl) return SSL_read(c->ssl, c->block, (int)(length < block_size ? length : block_size));
#endif
  return recv(c->fd, NULL, length, MSG_TRUNC);
}

/* Reads up to the empty line; gives the length of the head, 0 when the connection is over. */
static size_t read_head(Connection *c) {
  while (1) {
    c->block[c->held] = 0;
    char *end = c->held ? strstr(c->block, "\r\n\r\n") : NULL;
    if (end) return (size_t)(end + 4 - c->block);
    if (c->held > 32 * 1024) return 0;
    ssize_t got = receive(c, c->block + c->held, 32 * 1024);
    if (got <= 0) return 0;
    c->held += (size_t)got;
  }
}

static const char *header(const char *head, const char *name) {
  const char *found = strcasestr(head, name);
  return found ? found + strlen(name) : NULL;
}

/* Reads a body at a rate, in slices of a 20th of a second. */
static int drain(Connection *c, long long left, long bytes_per_second) {
  double begun = now_ms();
  long long got_in_all = 0;
  while (left > 0) {
    long long most = 8 * 1024 * 1024;
    if (bytes_per_second > 0 && bytes_per_second / 20 < most) most = bytes_per_second / 20;
    ssize_t got = discard(c, (size_t)(left < most ? left : most));
    if (got <= 0) return 0;
    left -= got;
    got_in_all += got;
    if (bytes_per_second > 0) {
      double ahead = (double)got_in_all * 1000 / (double)bytes_per_second - (now_ms() - begun);
      if (ahead > 1) sleep_ms(ahead);
    }
  }
  return 1;
}

static int answer(Connection *c, const char *status, const char *headers, const char *body) {
  char text[2048];
  if (delay_ms) sleep_ms((double)delay_ms);
  int length = snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                        strlen(body), body);
  return transmit(c, text, (size_t)length);
}

static int serve_one(Connection *c) {
  size_t head_length = read_head(c);
  if (!head_length) return 0;
  char saved = c->block[head_length - 1];
  c->block[head_length - 1] = 0;
  const char *text = header(c->block, "content-length:");
  long long left = text ? atoll(text) : 0;
  int is_put = !strncmp(c->block, "PUT ", 4);
  int is_begin = strstr(c->block, "uploads") && strstr(c->block, "uploads") < strchr(c->block, '\n');
  int expects = header(c->block, "100-continue") != NULL;
  const char *number = header(c->block, "partNumber=");
  long part = number ? atol(number) : 0;
  c->block[head_length - 1] = saved;
  long long over = (long long)(c->held - head_length);
  if (over > left) over = left;
  if (c->held > head_length + (size_t)over) memmove(c->block, c->block + head_length + over, c->held - head_length - (size_t)over);
  c->held -= head_length + (size_t)over;
  if (expects && over == 0 && !transmit(c, "HTTP/1.1 100 Continue\r\n\r\n", 25)) return 0;
  long bytes_per_second = slow_every && part && part % slow_every == 0 ? rate / slow_factor : rate;
  if (!drain(c, left - over, bytes_per_second)) return 0;
  if (!is_put) {
    return answer(c, "200 OK", "Content-Type: application/xml\r\n",
                  is_begin ? "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
                             "<UploadId>u</UploadId></InitiateMultipartUploadResult>"
                           : "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
                             "<ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>");
  }
  long count = ++put_count;
  if (fail_every && count % fail_every == 0) {
    return answer(c, "500 Internal Server Error", "", "<Error><Code>InternalError</Code><Message>Weather</Message></Error>");
  }
  return answer(c, "200 OK", "ETag: \"discarded-1\"\r\n", "");
}

static void *serve(void *argument) {
  Connection *c = argument;
  c->block = malloc(block_size + 1);
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
#ifdef TLS
  if (context) {
    c->ssl = SSL_new(context);
    SSL_set_fd(c->ssl, c->fd);
    if (SSL_accept(c->ssl) <= 0) goto over;
  }
#endif
  while (serve_one(c)) {}
#ifdef TLS
over:
  if (c->ssl) SSL_free(c->ssl);
#endif
  close(c->fd);
  free(c->block);
  free(c);
  return NULL;
}

static void *end_with_input(void *unused) {
  char byte;
  while (read(0, &byte, 1) > 0) {}
  _exit(0);
  return unused;
}

int main(int count, char **arguments) {
  for (int i = 1; i < count; i++) {
    if (!strcmp(arguments[i], "--delay")) delay_ms = atol(arguments[++i]);
    if (!strcmp(arguments[i], "--rate")) rate = atol(arguments[++i]);
    if (!strcmp(arguments[i], "--fail")) fail_every = atol(arguments[++i]);
    if (!strcmp(arguments[i], "--slow")) {
      slow_every = atol(arguments[++i]);
      slow_factor = atol(arguments[++i]);
    }
#ifdef TLS
    if (!strcmp(arguments[i], "--tls")) {
      signal(SIGPIPE, SIG_IGN);
      context = SSL_CTX_new(TLS_server_method());
      SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
      if (SSL_CTX_use_certificate_chain_file(context, arguments[++i]) != 1 ||
          SSL_CTX_use_PrivateKey_file(context, arguments[++i], SSL_FILETYPE_PEM) != 1) return 2;
    }
#endif
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 256)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  pthread_t thread;
  pthread_create(&thread, NULL, end_with_input, NULL);
  while (1) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    Connection *c = calloc(1, sizeof *c);
    c->fd = fd;
    if (pthread_create(&thread, NULL, serve, c)) return 1;
    pthread_detach(thread);
  }
}
