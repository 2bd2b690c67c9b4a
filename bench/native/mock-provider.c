// The provider of the benchmark: answers OpenAI chat completions on loopback, one thread, epoll, about 3 us of CPU a
// request, so that it is never what is measured.
//
//   mock-provider PORT json_latency_us first_token_us chunks chunk_interval_us
//
// JSON: 617 bytes with usage. A body with "stream":true gets server-sent events of about 330 bytes, one write each,
// as many as "max_tokens" says but no more than `chunks`, every one with a stamp of CLOCK_MONOTONIC ("t":<19 digits>),
// then the finish, usage and [DONE] events in one write.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS_MAX 70000
#define EVENTS_MAX 1024
#define READ_ROOM_MIN 4096
// Where to look for "stream" and "max_tokens": clients write them before or after the messages.
#define FRONT_BYTES 4000
#define BACK_BYTES 400

typedef enum { READING, WAITING, STREAMING } State;

typedef struct {
  int socket;
  int generation; // a timer of a closed connection must not fire on the next one with the same number
  char *in;
  size_t in_length, in_capacity;
  char *out; // what the socket did not take at once
  size_t out_length, out_capacity;
  int wants_write;
  State state;
  int chunks_left, chunks_total;
} Connection;

typedef struct {
  uint64_t at;
  int socket, generation;
} Timer;

// All timers of one queue wait equally long, so they fire in the order they were added.
typedef struct {
  Timer *timers;
  size_t head, tail, capacity;
} Queue;

typedef enum { TOKEN, FINISH, USAGE, DONE } EventKind;

static Connection *connections[SOCKETS_MAX];
static int poll_fd, generations, chunks_max;
static uint64_t json_latency, first_token, chunk_interval; // nanoseconds
static Queue json_queue, first_queue, chunk_queue;
static char json_answer[4096];
static size_t json_length;

static const char answer_headers[] =
    "Connection: keep-alive\r\nopenai-organization: org-mock\r\nopenai-processing-ms: 123\r\n"
    "openai-version: 2020-10-01\r\nx-request-id: req_0123456789abcdef\r\n"
    "x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n\r\n";
static const char json_body[] =
    "{\"id\":\"chatcmpl-BxQ0123456789abcdefghijklmno\",\"object\":\"chat.completion\",\"created\":1763870000,"
    "\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
    "\"content\":\"Hello! This is a mock completion used to measure the cost of the gateway in front of it.\","
    "\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{"
    "\"prompt_tokens\":120,\"completion_tokens\":20,\"total_tokens\":140,\"prompt_tokens_details\":{"
    "\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,"
    "\"audio_tokens\":0}},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\"}";
static const char event_start[] =
    "data: {\"id\":\"chatcmpl-BxQ0123456789abcdefghijklmno\",\"object\":\"chat.completion.chunk\","
    "\"created\":1763870000,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\","
    "\"system_fingerprint\":\"fp_0123456789\",";

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void schedule(Queue *queue, const Connection *c, uint64_t delay) {
  if (queue->tail == queue->capacity && queue->head > 0) {
    memmove(queue->timers, queue->timers + queue->head, (queue->tail - queue->head) * sizeof(Timer));
    queue->tail -= queue->head;
    queue->head = 0;
  }
  if (queue->tail == queue->capacity) {
    queue->capacity = queue->capacity ? queue->capacity * 2 : 4096;
    queue->timers = realloc(queue->timers, queue->capacity * sizeof(Timer));
  }
  queue->timers[queue->tail++] = (Timer){now() + delay, c->socket, c->generation};
}

static void close_connection(Connection *c) {
  epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->socket, 0);
  close(c->socket);
  connections[c->socket] = 0;
  free(c->in);
  free(c->out);
  free(c);
}

static void watch(Connection *c, int wants_write) {
  struct epoll_event event = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0), .data.fd = c->socket};
  epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->socket, &event);
  c->wants_write = wants_write;
}

// Returns -1 when the connection is gone; the caller then closes it.
static int write_out(Connection *c, const char *data, size_t length) {
  if (c->out_length == 0) {
    ssize_t n = send(c->socket, data, length, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return -1;
    if (n < 0) n = 0;
    if ((size_t)n == length) return 0;
    data += n;
    length -= n;
  }
  if (c->out_length + length > c->out_capacity) {
    c->out_capacity = (c->out_length + length) * 2;
    c->out = realloc(c->out, c->out_capacity);
  }
  memcpy(c->out + c->out_length, data, length);
  c->out_length += length;
  if (!c->wants_write) watch(c, 1);
  return 0;
}

// Writes one event as one HTTP chunk; returns its length.
static int write_event(char *to, EventKind kind, int tokens) {
  char data[1024];
  int length = 0;
  switch (kind) {
  case TOKEN:
    length = sprintf(data,
                     "%s\"t\":%019llu,\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},"
                     "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                     event_start, (unsigned long long)now());
    break;
  case FINISH:
    length = sprintf(data,
                     "%s\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                     "\"usage\":null}\n\n",
                     event_start);
    break;
  case USAGE:
    length = sprintf(data,
                     "%s\"choices\":[],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":%d,"
                     "\"total_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                     "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}\n\n",
                     event_start, tokens, tokens + 120);
    break;
  case DONE: length = sprintf(data, "data: [DONE]\n\n"); break;
  }
  return sprintf(to, "%x\r\n%s\r\n", length, data);
}

static void send_next_event(Connection *c) {
  char text[4096];
  while (c->chunks_left > 0) {
    c->chunks_left--;
    if (write_out(c, text, write_event(text, TOKEN, 0)) < 0) {
      close_connection(c);
      return;
    }
    if (chunk_interval > 0 || c->chunks_left == 0) { // without an interval: all at once, still one write each
      schedule(&chunk_queue, c, chunk_interval);
      return;
    }
  }
  int length = write_event(text, FINISH, 0);
  length += write_event(text + length, USAGE, c->chunks_total);
  length += write_event(text + length, DONE, 0);
  length += sprintf(text + length, "0\r\n\r\n");
  c->state = READING;
  if (write_out(c, text, length) < 0) close_connection(c);
}

static void start_stream(Connection *c) {
  char head[1024];
  int length = sprintf(head,
                       "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                       "Transfer-Encoding: chunked\r\nCache-Control: no-cache\r\n%s",
                       answer_headers);
  if (write_out(c, head, length) < 0) {
    close_connection(c);
    return;
  }
  send_next_event(c);
}

static const char *find_near_ends(const char *body, size_t length, const char *text) {
  size_t front = length > FRONT_BYTES ? FRONT_BYTES : length, back = length > BACK_BYTES ? BACK_BYTES : length;
  const char *found = memmem(body, front, text, strlen(text));
  return found ? found : memmem(body + length - back, back, text, strlen(text));
}

// Returns -1 when the connection is gone.
static int answer(Connection *c, int wants_stream) {
  int socket = c->socket;
  if (wants_stream) {
    c->state = STREAMING;
    if (first_token)
      schedule(&first_queue, c, first_token);
    else
      start_stream(c);
    return connections[socket] ? 0 : -1;
  }
  if (json_latency) {
    c->state = WAITING;
    schedule(&json_queue, c, json_latency);
    return 0;
  }
  if (write_out(c, json_answer, json_length) == 0) return 0;
  close_connection(c);
  return -1;
}

// The length of the whole request at the front of the buffer, or 0 while it is not complete. Sets where its body is.
static size_t complete_request(const Connection *c, const char **body, size_t *body_length) {
  char *head_end = memmem(c->in, c->in_length, "\r\n\r\n", 4);
  if (!head_end) return 0;
  size_t head = head_end - c->in + 4, length = 0;
  int chunked = 0;
  for (char *line = c->in; line < head_end;) {
    char *end = memchr(line, '\r', head_end - line + 1);
    if (!end) break;
    if (!strncasecmp(line, "content-length:", 15)) length = strtoul(line + 15, 0, 10);
    if (!strncasecmp(line, "transfer-encoding:", 18)) chunked = 1;
    line = end + 2;
  }
  *body = c->in + head;
  if (chunked) { // good enough: no prompt of the benchmark contains the last chunk's bytes
    const char *last = memmem(*body, c->in_length - head, "0\r\n\r\n", 5);
    *body_length = last ? (size_t)(last - *body) : 0;
    return last ? head + *body_length + 5 : 0;
  }
  *body_length = length;
  return c->in_length >= head + length ? head + length : 0;
}

static void answer_requests(Connection *c) {
  while (c->state == READING && c->in_length > 0) {
    const char *body;
    size_t body_length, total = complete_request(c, &body, &body_length);
    if (!total) return;
    int wants_stream = find_near_ends(body, body_length, "\"stream\":true") ||
                       find_near_ends(body, body_length, "\"stream\": true");
    const char *tokens = find_near_ends(body, body_length, "\"max_tokens\":");
    int wanted = tokens ? atoi(tokens + 13) : chunks_max;
    c->chunks_total = c->chunks_left = wanted > 0 && wanted < chunks_max ? wanted : chunks_max;
    memmove(c->in, c->in + total, c->in_length - total);
    c->in_length -= total;
    if (answer(c, wants_stream) < 0) return;
  }
}

// Fires what is due; returns when the next timer is.
static uint64_t fire_timers(void) {
  uint64_t at = now(), next = UINT64_MAX;
  Queue *queues[] = {&json_queue, &first_queue, &chunk_queue};
  for (int i = 0; i < 3; i++) {
    Queue *queue = queues[i];
    while (queue->head < queue->tail) {
      Timer timer = queue->timers[queue->head];
      if (timer.at > at) {
        if (timer.at < next) next = timer.at;
        break;
      }
      queue->head++;
      Connection *c = connections[timer.socket];
      if (!c || c->generation != timer.generation) continue;
      if (queue == &first_queue)
        start_stream(c);
      else if (queue == &chunk_queue)
        send_next_event(c);
      else {
        c->state = READING;
        if (write_out(c, json_answer, json_length) < 0) close_connection(c);
      }
      if (connections[timer.socket]) answer_requests(c); // one may have been waiting behind the answer
    }
  }
  return next;
}

static void accept_all(int listener) {
  int one = 1;
  for (int fd; (fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0;) {
    if (fd >= SOCKETS_MAX) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    Connection *c = calloc(1, sizeof *c);
    c->socket = fd;
    c->generation = ++generations;
    c->in_capacity = 8192;
    c->in = malloc(c->in_capacity);
    connections[fd] = c;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

// Returns -1 when the connection is gone.
static int flush(Connection *c) {
  ssize_t n = send(c->socket, c->out, c->out_length, MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN ? 0 : -1;
  memmove(c->out, c->out + n, c->out_length - n);
  c->out_length -= n;
  if (!c->out_length) watch(c, 0);
  return 0;
}

// Returns -1 when the connection is gone.
static int read_in(Connection *c) {
  for (;;) {
    if (c->in_capacity - c->in_length < READ_ROOM_MIN) {
      c->in_capacity *= 2;
      c->in = realloc(c->in, c->in_capacity);
    }
    size_t room = c->in_capacity - c->in_length;
    ssize_t n = recv(c->socket, c->in + c->in_length, room, 0);
    if (n == 0) return -1;
    if (n < 0) return errno == EAGAIN ? 0 : -1;
    c->in_length += n;
    if ((size_t)n < room) return 0;
  }
}

static void on_event(const struct epoll_event *event) {
  Connection *c = connections[event->data.fd];
  if (!c) return;
  if (event->events & EPOLLOUT && c->out_length && flush(c) < 0) {
    close_connection(c);
    return;
  }
  if (!(event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  if (read_in(c) < 0)
    close_connection(c);
  else
    answer_requests(c);
}

static int listen_on(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) {
    perror("listen");
    exit(1);
  }
  return listener;
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "mock-provider PORT json_latency_us first_token_us chunks chunk_interval_us\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  json_latency = strtoull(argv[2], 0, 10) * 1000;
  first_token = strtoull(argv[3], 0, 10) * 1000;
  chunks_max = atoi(argv[4]);
  chunk_interval = strtoull(argv[5], 0, 10) * 1000;
  json_length = sprintf(json_answer,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s%s",
                        sizeof json_body - 1, answer_headers, json_body);
  int listener = listen_on(atoi(argv[1]));
  poll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
  static struct epoll_event events[EVENTS_MAX];
  for (;;) {
    uint64_t next = fire_timers(), at = now();
    uint64_t delay = next > at ? next - at : 0;
    struct timespec timeout = {delay / 1000000000ull, delay % 1000000000ull};
    int n = epoll_pwait2(poll_fd, events, EVENTS_MAX, next == UINT64_MAX ? 0 : &timeout, 0);
    for (int i = 0; i < n; i++) {
      if (events[i].data.fd == listener)
        accept_all(listener);
      else
        on_event(&events[i]);
    }
  }
}
