// SPDX-License-Identifier: Apache-2.0
#include "broker.hpp"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "support/wait.hpp"

namespace kafka::test {
namespace {

constexpr auto time_to_start = std::chrono::seconds(60);
constexpr int time_to_ask_ms = 5000;

// Nobody has it now.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, generic, size) != 0 || ::getsockname(fd, generic, &size) != 0) {
    throw std::runtime_error("there is no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;

Client client(const std::string& address) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", address.c_str(), nullptr, 0);
  rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
  return {rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0), &rd_kafka_destroy};
}

bool answers(const std::string& address) {
  const Client asker = client(address);
  const struct rd_kafka_metadata* metadata = nullptr;
  if (rd_kafka_metadata(asker.get(), 0, nullptr, &metadata, 500) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return false;
  }
  const bool is_there = metadata->broker_cnt == 1;
  rd_kafka_metadata_destroy(metadata);
  return is_there;
}

}  // namespace

std::string Broker::jars() {
  const char* const given = std::getenv("PENSTOCK_KAFKA");
  const std::string folder = std::string(given == nullptr ? PENSTOCK_KAFKA_BROKER : given) + "/lib";
  const bool has_java = std::system("java -version >/dev/null 2>&1") == 0;
  return has_java && std::filesystem::exists(folder) ? folder : std::string();
}

// Of itself, for a day.
void Broker::make_certificate() const {
  const std::string base = folder_ / "server";
  const std::string command =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext "
      "subjectAltName=DNS:localhost -keyout " +
      base + ".key -out " + base + ".crt >/dev/null 2>&1 && cat " + base + ".key " + base +
      ".crt >" + base + ".pem";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl made no certificate");
}

Broker::Broker() : port_(free_port()), guarded_port_(free_port()) {
  std::string name = std::filesystem::temp_directory_path() / "penstock-kafka-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for a broker");
  folder_ = name;
  make_certificate();
  const std::string controller = "127.0.0.1:" + std::to_string(free_port());
  std::ofstream(folder_ / "server.properties")
      << "process.roles=broker,controller\nnode.id=1\n"
      << "controller.quorum.voters=1@" << controller << "\n"
      << "listeners=PLAINTEXT://" << address() << ",SASL_SSL://127.0.0.1:" << guarded_port_
      << ",CONTROLLER://" << controller << "\n"
      << "advertised.listeners=PLAINTEXT://" << address() << ",SASL_SSL://" << guarded_address()
      << "\nssl.keystore.type=PEM\nssl.keystore.location=" << (folder_ / "server.pem").string()
      << "\nlistener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN\n"
      << "listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain."
      << "PlainLoginModule required user_penstock=\"right\";\n"
      << "inter.broker.listener.name=PLAINTEXT\ncontroller.listener.names=CONTROLLER\n"
      << "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,"
      << "CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL\n"
      << "log.dirs=" << (folder_ / "data").string() << "\n"
      << "num.partitions=4\noffsets.topic.num.partitions=1\n"
      << "offsets.topic.replication.factor=1\ntransaction.state.log.num.partitions=1\n"
      << "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
      << "group.initial.rebalance.delay.ms=0\n"
      // One that was killed may come back as soon as that.
      << "broker.session.timeout.ms=2000\nbroker.heartbeat.interval.ms=500\n";
  const int status = run_java({"kafka.tools.StorageTool", "format", "-t", "cGVuc3RvY2sta2Fma2Ex",
                               "-c", folder_ / "server.properties"});
  int end = 0;
  ::waitpid(status, &end, 0);
  if (end != 0) throw std::runtime_error("the broker's folder could not be formatted: " + log());
}

Broker::~Broker() {
  kill();
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

// A child that goes when this process does.
int Broker::run_java(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"java",
                                  "-Xmx768m",
                                  "-Xms256m",
                                  "-XX:+UseSerialGC",
                                  "-XX:TieredStopAtLevel=1",
                                  "-Xshare:auto",
                                  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                                  "-cp",
                                  jars() + "/*"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& one : all) argv.push_back(one.data());
  argv.push_back(nullptr);
  const std::string log_file = folder_ / "log";
  const int parent = ::getpid();
  const int pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execvp("java", argv.data());
  ::_exit(127);
}

bool Broker::start() {
  pid_ = run_java({"kafka.Kafka", folder_ / "server.properties"});
  return penstock::test::eventually(
             [&] { return ::waitpid(pid_, nullptr, WNOHANG) != 0 || answers(address()); },
             time_to_start) &&
         ::kill(pid_, 0) == 0;
}

void Broker::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string Broker::log() const {
  std::ifstream file(folder_ / "log");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool Broker::make_topic(const std::string& topic, int partitions) const {
  const Client admin = client(address());
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(admin.get());
  rd_kafka_CreateTopics(admin.get(), &wanted, 1, nullptr, queue);
  rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, 4 * time_to_ask_ms);
  const bool made = event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(wanted);
  return made;
}

std::int64_t Broker::messages(const std::string& topic, int partitions) const {
  const Client asker = client(address());
  std::int64_t sum = 0;
  for (int i = 0; i < partitions; ++i) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    rd_kafka_query_watermark_offsets(asker.get(), topic.c_str(), i, &low, &high, time_to_ask_ms);
    sum += high - low;
  }
  return sum;
}

}  // namespace kafka::test
