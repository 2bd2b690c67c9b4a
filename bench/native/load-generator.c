// The load generator of the benchmark: one thread, epoll, HTTP/1.1 keep-alive on loopback.
//
// Closed loop (-r 0): every connection sends its next request when the last answer is complete.
// Open loop (-r N): N requests a second whatever happens; latency counts from the time a request was due, so that a
// gateway that stalls is charged for everybody it made wait (no coordinated omission).
//
// Understands content-length, chunked and close-delimited answers. With -s an answer is good only when it contains
// `data: [DONE]`, and every chunk's stamp ("t":<19 digits of CLOCK_MONOTONIC>) gives its transit time. Reads the CPU
// time of the processes under test (all their threads) from /proc over the measured window. Prints one line of JSON;
// harness/load.ts says what its fields mean.
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

static const char usage[] =
    "load-generator -p PORT -b BODY_FILE [-c connections] [-r requests/s, 0 = closed loop] [-w warm-up s]\n"
    "  [-d measured s] [-u path] [-A bearer token] [-H 'Name: value']... [-s (streams)] [-P pid[,pid] under test]\n"
    "  [-M pid of the mock] [-m smallest good body, bytes] [-T stop after this many requests] [-n name]\n";

#define BODY_BYTES_MAX (1 << 22)
#define HEAD_BYTES_MAX 16384
#define HEADERS_BYTES_MAX 8192
#define QUEUE_MAX (1 << 22)
#define STAMP_DIGITS 19
#define EVENTS_MAX 1024
#define IDLE_NS_MAX 50000000ull

typedef enum { READING_HEAD, READING_BODY } AnswerState;
typedef enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER } ChunkState;

typedef struct {
  int socket;
  int busy;
  uint64_t due; // when the request was meant to be sent
  AnswerState state;
  int status;
  long length; // content-length, or -1
  int chunked;
  ChunkState chunk_state;
  long chunk_left;
  long body;
  uint64_t first_byte;
  char head[HEAD_BYTES_MAX];
  int head_length;
  char tail[96]; // the end of what was read, where a stamp may be cut in two
  int tail_length;
  int done_seen;
  int close_after;
} Connection;

typedef struct {
  double *values;
  size_t count, capacity;
} Series;

static char *request;
static size_t request_length;
static int port, poll_fd, connection_count;
static Connection *connections;
static int *idle, idle_count;
static uint64_t *overdue; // open loop: due times that found no idle connection
static size_t overdue_head, overdue_tail;
static int closed_loop, streams, measuring;
static long body_min = 1;

static Series latency, first_byte, transit; // microseconds
static long good, bad, broken, served, connected, body_sum;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void add(Series *series, double value) {
  if (series->count == series->capacity) {
    series->capacity = series->capacity ? series->capacity * 2 : 1 << 16;
    series->values = realloc(series->values, series->capacity * sizeof(double));
  }
  series->values[series->count++] = value;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void sort(Series *series) {
  if (series->count) qsort(series->values, series->count, sizeof(double), ascending);
}

// The series must be sorted.
static double quantile(const Series *series, double part) {
  if (!series->count) return 0;
  size_t index = (size_t)(part * series->count);
  return series->values[index < series->count ? index : series->count - 1];
}

static int open_connection(Connection *c) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (void *)&address, sizeof address)) {
    close(fd);
    c->socket = -1;
    return -1;
  }
  c->socket = fd;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
  connected++;
  return 0;
}

static void close_connection(Connection *c) {
  epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->socket, 0);
  close(c->socket);
}

static void send_request(Connection *c, uint64_t due) {
  c->busy = 1;
  c->due = due;
  c->state = READING_HEAD;
  c->chunk_state = CHUNK_SIZE;
  c->length = -1;
  c->first_byte = 0;
  c->chunk_left = c->body = 0;
  c->head_length = c->tail_length = c->chunked = c->done_seen = c->close_after = 0;
  size_t sent = 0;
  while (sent < request_length) {
    ssize_t n = send(c->socket, request + sent, request_length - sent, MSG_NOSIGNAL);
    if (n < 0) break; // the read side will see the broken connection and count it
    sent += n;
  }
}

// Finds the time stamps and the end mark of a stream, also where they are cut by a read.
static void scan_stream(Connection *c, const char *data, long length, uint64_t at) {
  static char text[1 << 20];
  if (length > (long)sizeof text - 200) length = sizeof text - 200;
  memcpy(text, c->tail, c->tail_length);
  memcpy(text + c->tail_length, data, length);
  char *end = text + c->tail_length + length, *rest = text;
  for (;;) {
    char *stamp = memmem(rest, end - rest, "\"t\":", 4);
    if (!stamp || stamp + 4 + STAMP_DIGITS > end) break;
    if (measuring) add(&transit, (double)(at - strtoull(stamp + 4, 0, 10)) / 1e3);
    rest = stamp + 4 + STAMP_DIGITS;
  }
  if (memmem(text, end - text, "data: [DONE]", 12)) c->done_seen = 1;
  c->tail_length = end - rest > 40 ? 40 : end - rest;
  memcpy(c->tail, end - c->tail_length, c->tail_length);
}

static void take_body(Connection *c, const char *data, long length, uint64_t at) {
  if (!length) return;
  if (!c->first_byte) c->first_byte = at;
  c->body += length;
  if (streams) scan_stream(c, data, length, at);
}

static void finish(Connection *c, uint64_t at) {
  c->busy = 0;
  served++;
  int is_good = c->status == 200 && c->body >= body_min && (!streams || c->done_seen);
  if (measuring && is_good) {
    good++;
    body_sum += c->body;
    add(&latency, (double)(at - c->due) / 1e3);
    add(&first_byte, (double)(c->first_byte - c->due) / 1e3);
  } else if (measuring) {
    bad++;
  }
  if (c->close_after) {
    close_connection(c);
    if (open_connection(c) < 0) {
      broken++;
      return;
    }
  }
  if (closed_loop)
    send_request(c, now());
  else if (overdue_head < overdue_tail)
    send_request(c, overdue[overdue_head++]);
  else
    idle[idle_count++] = c - connections;
}

// The other side closed, or the connection broke. A request in flight is sent again and keeps its due time.
static void connection_ended(Connection *c, uint64_t at) {
  close_connection(c);
  if (!c->busy) {
    open_connection(c);
    return;
  }
  if (c->state == READING_BODY && c->length < 0 && !c->chunked) { // an answer that ends with its connection
    if (open_connection(c) == 0) finish(c, at);
    return;
  }
  broken++;
  if (open_connection(c) == 0) send_request(c, closed_loop ? now() : c->due);
}

// Returns how many bytes belonged to the head; all of them when it is not complete.
static long read_head(Connection *c, const char *data, long length) {
  long take = HEAD_BYTES_MAX - 1 - c->head_length;
  if (take > length) take = length;
  memcpy(c->head + c->head_length, data, take);
  int before = c->head_length;
  c->head_length += take;
  char *end = memmem(c->head, c->head_length, "\r\n\r\n", 4);
  if (!end) return length;
  int head_length = end - c->head + 4;
  c->status = atoi(c->head + 9);
  c->head[head_length - 2] = 0;
  for (char *line = strstr(c->head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (!strncasecmp(line, "content-length:", 15))
      c->length = atol(line + 15);
    else if (!strncasecmp(line, "transfer-encoding:", 18) && strcasestr(line + 18, "chunked"))
      c->chunked = 1;
    else if (!strncasecmp(line, "connection:", 11) && strcasestr(line + 11, "close"))
      c->close_after = 1;
  }
  c->state = READING_BODY;
  return head_length - before;
}

static int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// Takes one step through a chunked body; returns how many bytes it used. Chunk extensions and trailers are not
// expected: no gateway under test sends any.
static long read_chunked(Connection *c, const char *data, long length, uint64_t at) {
  char byte = *data;
  switch (c->chunk_state) {
  case CHUNK_SIZE:
    if (byte == '\n')
      c->chunk_state = c->chunk_left ? CHUNK_DATA : TRAILER;
    else if (hex_value(byte) >= 0)
      c->chunk_left = c->chunk_left * 16 + hex_value(byte);
    return 1;
  case CHUNK_DATA: {
    long take = length < c->chunk_left ? length : c->chunk_left;
    take_body(c, data, take, at);
    c->chunk_left -= take;
    if (!c->chunk_left) c->chunk_state = CHUNK_END;
    return take;
  }
  case CHUNK_END:
    if (byte == '\n') c->chunk_state = CHUNK_SIZE;
    return 1;
  case TRAILER:
    if (byte == '\n') finish(c, at);
    return 1;
  }
  return length;
}

static long read_body(Connection *c, const char *data, long length, uint64_t at) {
  if (c->chunked) return read_chunked(c, data, length, at);
  long take = c->length >= 0 && c->length - c->body < length ? c->length - c->body : length;
  take_body(c, data, take, at);
  if (c->length >= 0 && c->body >= c->length) finish(c, at);
  return take;
}

static void on_readable(Connection *c) {
  static char buffer[1 << 18];
  ssize_t n = recv(c->socket, buffer, sizeof buffer, MSG_DONTWAIT);
  uint64_t at = now();
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    connection_ended(c, at);
    return;
  }
  const char *data = buffer, *end = buffer + n;
  while (data < end && c->busy) {
    if (c->state == READING_BODY) {
      data += read_body(c, data, end - data, at);
      continue;
    }
    data += read_head(c, data, end - data);
    if (c->state == READING_BODY && !c->chunked && c->length == 0) finish(c, at);
  }
}

// User plus system time of the processes, all threads, in seconds.
static double cpu_seconds(const char *pids) {
  double ticks = 0;
  char *copy = strdup(pids), *save;
  for (char *pid = strtok_r(copy, ",", &save); pid; pid = strtok_r(0, ",", &save)) {
    char path[64], line[2048];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) continue;
    if (fgets(line, sizeof line, file)) {
      unsigned long user = 0, kernel = 0;
      char *after_name = strrchr(line, ')');
      sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
      ticks += user + kernel;
    }
    fclose(file);
  }
  free(copy);
  return ticks / sysconf(_SC_CLK_TCK);
}

static double resident_mb(const char *pids) {
  long kb = 0;
  char *copy = strdup(pids), *save;
  for (char *pid = strtok_r(copy, ",", &save); pid; pid = strtok_r(0, ",", &save)) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "r");
    if (!file) continue;
    while (fgets(line, sizeof line, file))
      if (!strncmp(line, "VmRSS:", 6)) kb += atol(line + 6);
    fclose(file);
  }
  free(copy);
  return kb / 1024.0;
}

static void make_request(const char *file_name, const char *path, const char *token, const char *headers) {
  char *body = malloc(BODY_BYTES_MAX);
  FILE *file = fopen(file_name, "r");
  if (!file) {
    perror(file_name);
    exit(2);
  }
  size_t length = fread(body, 1, BODY_BYTES_MAX, file);
  fclose(file);
  size_t head_max = HEADERS_BYTES_MAX + 4096;
  request = malloc(head_max + length);
  int head = snprintf(request, head_max,
                      "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                      "Authorization: Bearer %s\r\nUser-Agent: OpenAI/Python 1.99.0\r\n"
                      "Accept: application/json\r\nX-Stainless-Lang: python\r\n"
                      "X-Stainless-Package-Version: 1.99.0\r\n%sContent-Length: %zu\r\n\r\n",
                      path, port, token, headers, length);
  if (head >= (int)head_max) {
    fprintf(stderr, "the request head is too long\n");
    exit(2);
  }
  memcpy(request + head, body, length);
  request_length = head + length;
  free(body);
}

// Sends what is due by now; returns how long the loop may sleep, in nanoseconds.
static uint64_t send_due(uint64_t at, double *due, double gap) {
  if (closed_loop) return IDLE_NS_MAX;
  for (; *due <= (double)at; *due += gap) {
    if (idle_count)
      send_request(&connections[idle[--idle_count]], (uint64_t)*due);
    else if (overdue_tail < QUEUE_MAX)
      overdue[overdue_tail++] = (uint64_t)*due;
  }
  uint64_t wait = (uint64_t)*due - at;
  return wait < IDLE_NS_MAX ? wait : IDLE_NS_MAX;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  double rate = 0, measured_s = 5, warm_s = 2;
  const char *body_file = 0, *pids = "", *mock_pid = "", *path = "/v1/chat/completions", *name = "";
  const char *token = "sk-virtual-0123456789abcdef0123456789abcdef";
  char headers[HEADERS_BYTES_MAX] = "";
  size_t headers_length = 0;
  long requests_max = 0;
  connection_count = 16;
  for (int option; (option = getopt(argc, argv, "p:c:r:d:w:b:P:u:H:A:m:n:sM:T:")) != -1;) switch (option) {
    case 'p': port = atoi(optarg); break;
    case 'c': connection_count = atoi(optarg); break;
    case 'r': rate = atof(optarg); break;
    case 'd': measured_s = atof(optarg); break;
    case 'w': warm_s = atof(optarg); break;
    case 'b': body_file = optarg; break;
    case 'P': pids = optarg; break;
    case 'M': mock_pid = optarg; break;
    case 'u': path = optarg; break;
    case 'A': token = optarg; break;
    case 'H':
      headers_length += snprintf(headers + headers_length, sizeof headers - headers_length, "%s\r\n", optarg);
      if (headers_length >= sizeof headers) return fprintf(stderr, "too many headers\n"), 2;
      break;
    case 'm': body_min = atol(optarg); break;
    case 'n': name = optarg; break;
    case 's': streams = 1; break;
    case 'T': requests_max = atol(optarg); break;
    default: fputs(usage, stderr); return 2;
    }
  if (!body_file || !port || connection_count < 1) return fputs(usage, stderr), 2;
  make_request(body_file, path, token, headers);

  poll_fd = epoll_create1(0);
  connections = calloc(connection_count, sizeof(Connection));
  idle = malloc(connection_count * sizeof(int));
  overdue = malloc(QUEUE_MAX * sizeof(uint64_t));
  closed_loop = rate <= 0;
  for (int i = 0; i < connection_count; i++) {
    if (open_connection(&connections[i]) < 0) return fprintf(stderr, "cannot connect to port %d\n", port), 1;
    idle[idle_count++] = i;
  }

  uint64_t start = now(), measure_from = start + (uint64_t)(warm_s * 1e9);
  uint64_t measure_to = measure_from + (uint64_t)(measured_s * 1e9), from = 0, to;
  double due = (double)start, gap = closed_loop ? 0 : 1e9 / rate, cpu = 0, mock_cpu = 0, own_cpu = 0;
  char own_pid[16];
  snprintf(own_pid, sizeof own_pid, "%d", getpid());
  if (closed_loop)
    while (idle_count) send_request(&connections[idle[--idle_count]], now());
  static struct epoll_event events[EVENTS_MAX];
  for (;;) {
    uint64_t at = now();
    if (!measuring && at >= measure_from) {
      measuring = 1;
      from = at;
      cpu = cpu_seconds(pids), mock_cpu = cpu_seconds(mock_pid), own_cpu = cpu_seconds(own_pid);
    }
    int enough = requests_max && served >= requests_max;
    if (measuring && (at >= measure_to || enough)) {
      to = at;
      cpu = cpu_seconds(pids) - cpu, mock_cpu = cpu_seconds(mock_pid) - mock_cpu;
      own_cpu = cpu_seconds(own_pid) - own_cpu;
      break;
    }
    uint64_t wait = send_due(at, &due, gap);
    struct timespec timeout = {wait / 1000000000ull, wait % 1000000000ull};
    int n = epoll_pwait2(poll_fd, events, EVENTS_MAX, &timeout, 0);
    for (int i = 0; i < n; i++) on_readable(events[i].data.ptr);
  }

  double seconds = (to - from) / 1e9;
  sort(&latency), sort(&first_byte), sort(&transit);
  printf("{\"name\":\"%s\",\"rate\":%.0f,\"conns\":%d,\"secs\":%.2f,\"ok\":%ld,\"bad\":%ld,\"err\":%ld,"
         "\"served\":%ld,\"newconns\":%ld,\"rps\":%.1f,",
         name, rate, connection_count, seconds, good, bad, broken, served, connected - connection_count,
         good / seconds);
  printf("\"p50\":%.0f,\"p90\":%.0f,\"p99\":%.0f,\"p999\":%.0f,\"ttfb50\":%.0f,\"ttfb99\":%.0f,",
         quantile(&latency, .5), quantile(&latency, .9), quantile(&latency, .99), quantile(&latency, .999),
         quantile(&first_byte, .5), quantile(&first_byte, .99));
  printf("\"chunks\":%zu,\"cps\":%.0f,\"ck50\":%.0f,\"ck99\":%.0f,\"body\":%.0f,", transit.count,
         transit.count / seconds, quantile(&transit, .5), quantile(&transit, .99),
         good ? (double)body_sum / good : 0);
  printf("\"cpu\":%.2f,\"cpu_us_req\":%.1f,\"cpu_us_chunk\":%.2f,\"core\":%.2f,\"mockcore\":%.2f,"
         "\"lgcore\":%.2f,\"rss_mb\":%.1f}\n",
         cpu, good ? cpu * 1e6 / good : 0, transit.count ? cpu * 1e6 / transit.count : 0, cpu / seconds,
         mock_cpu / seconds, own_cpu / seconds, resident_mb(pids));
  return 0;
}
