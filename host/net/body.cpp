// SPDX-License-Identifier: Apache-2.0
// Bytes of all bodies of a pool stand one after the other in segments. A body is a list of extents,
// each a part of a segment that it keeps alive. A full segment stays in memory while the bound
// allows, else it is written to the file as a whole; when its last body goes, its place is used
// again.
#include "net/body.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/file.hpp"

namespace tq {
namespace {

constexpr size_t kSmallestSegment = 16 * 1024;
constexpr size_t kLargestSegment = 1024 * 1024;
constexpr size_t kReadBytes = 256 * 1024;

class TextBody : public Body {
 public:
  explicit TextBody(std::string_view bytes) : bytes_(bytes) {}

  uint64_t size() const override { return bytes_.size(); }
  Result<void> read(const std::function<Result<void>(std::string_view)>& take) const override {
    return bytes_.empty() ? Result<void>() : take(bytes_);
  }

 private:
  std::string bytes_;
};

Result<UniqueFd> nameless_file(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  std::string name = (folder / ".body.XXXXXX").string();
  fd = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd)
    return errno_error(Status::kTransient, "cannot make a file for large request bodies in", folder,
                       errno);
  ::unlink(name.c_str());
  return fd;
}

class Store;

// REQUIRES for its members: the store's lock, except where said.
struct Segment {
  explicit Segment(std::shared_ptr<Store> owner);
  ~Segment();  // without the lock
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  const std::shared_ptr<Store> store;
  std::shared_ptr<char[]> memory;  // null once it is in the file
  size_t used = 0;
  uint64_t file_offset = 0;
};

struct Extent {
  std::shared_ptr<Segment> segment;
  uint32_t offset = 0;
  uint32_t size = 0;
};

void add_extent(std::vector<Extent>* extents, const Extent& extent) {
  if (!extents->empty()) {
    Extent& last = extents->back();
    if (last.segment == extent.segment && last.offset + last.size == extent.offset) {
      last.size += extent.size;
      return;
    }
  }
  extents->push_back(extent);
}

class Store : public std::enable_shared_from_this<Store> {
 public:
  Store(std::filesystem::path folder, size_t memory_bytes)
      : folder_(std::move(folder)),
        segment_bytes_(std::clamp(memory_bytes / 8, kSmallestSegment, kLargestSegment)),
        most_in_memory_(std::max<size_t>(memory_bytes / segment_bytes_, 1)) {}

  Result<void> write(std::string_view bytes, std::vector<Extent>* extents) {
    std::shared_ptr<Segment> first;  // may be its last owner, so it goes after the lock
    const std::lock_guard lock(mutex_);
    first = open_.lock();
    std::shared_ptr<Segment> open = first;
    while (!bytes.empty()) {
      if (open != nullptr && open->used == segment_bytes_) {
        if (in_memory_ >= most_in_memory_) TQ_TRY(spill(open.get()));
        open = nullptr;
      }
      if (open == nullptr) {
        open = std::make_shared<Segment>(shared_from_this());
        open->memory.reset(new char[segment_bytes_]);
        ++in_memory_;
        open_ = open;
      }
      const size_t size = std::min(bytes.size(), segment_bytes_ - open->used);
      std::memcpy(open->memory.get() + open->used, bytes.data(), size);
      add_extent(extents, {open, static_cast<uint32_t>(open->used), static_cast<uint32_t>(size)});
      open->used += size;
      bytes.remove_prefix(size);
    }
    return {};
  }

  Result<void> read(const Extent& extent, std::string* buffer,
                    const std::function<Result<void>(std::string_view)>& take) {
    std::shared_ptr<char[]> memory;
    uint64_t offset = 0;
    {
      const std::lock_guard lock(mutex_);
      memory = extent.segment->memory;
      offset = extent.segment->file_offset + extent.offset;
    }
    if (memory != nullptr) return take({memory.get() + extent.offset, extent.size});
    buffer->resize(std::max(buffer->size(), std::min<size_t>(extent.size, kReadBytes)));
    for (size_t left = extent.size; left > 0;) {
      const ssize_t got = ::pread(file_.get(), buffer->data(), std::min(left, buffer->size()),
                                  static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0)
        return errno_error(Status::kTransient, "cannot read back a request body from", folder_,
                           got < 0 ? errno : EIO);
      TQ_TRY(take({buffer->data(), static_cast<size_t>(got)}));
      left -= static_cast<size_t>(got);
      offset += static_cast<uint64_t>(got);
    }
    return {};
  }

  void release(const Segment& segment) {
    const std::lock_guard lock(mutex_);
    if (segment.memory != nullptr) {
      --in_memory_;
    } else {
      free_offsets_.push_back(segment.file_offset);
    }
  }

 private:
  Result<void> spill(Segment* segment) {
    if (!file_) {
      TQ_ASSIGN(file_, nameless_file(folder_));
    }
    const uint64_t offset = free_offsets_.empty() ? file_end_ : free_offsets_.back();
    for (size_t done = 0; done < segment->used;) {
      const ssize_t put = ::pwrite(file_.get(), segment->memory.get() + done, segment->used - done,
                                   static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0)
        return errno_error(Status::kTransient, "cannot store a request body in", folder_,
                           put < 0 ? errno : ENOSPC);
      done += static_cast<size_t>(put);
    }
    if (free_offsets_.empty()) {
      file_end_ += segment_bytes_;
    } else {
      free_offsets_.pop_back();
    }
    segment->file_offset = offset;
    segment->memory.reset();
    --in_memory_;
    return {};
  }

  const std::filesystem::path folder_;
  const size_t segment_bytes_;
  const size_t most_in_memory_;
  std::mutex mutex_;
  std::weak_ptr<Segment> open_;  // the one that is being filled, while any body has a part of it
  size_t in_memory_ = 0;
  UniqueFd file_;  // set once, before any segment is in it
  uint64_t file_end_ = 0;
  std::vector<uint64_t> free_offsets_;
};

Segment::Segment(std::shared_ptr<Store> owner) : store(std::move(owner)) {}
Segment::~Segment() { store->release(*this); }

class PooledBody : public WritableBody {
 public:
  explicit PooledBody(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  uint64_t size() const override { return size_; }

  Result<void> read(const std::function<Result<void>(std::string_view)>& take) const override {
    std::string buffer;
    for (const Extent& extent : extents_) TQ_TRY(store_->read(extent, &buffer, take));
    return {};
  }

  Result<void> write(std::string_view bytes) override {
    TQ_TRY(store_->write(bytes, &extents_));
    size_ += bytes.size();
    return {};
  }

  Result<void> append(const WritableBody& other) override {
    const auto* body = dynamic_cast<const PooledBody*>(&other);
    if (body == nullptr || body->store_ != store_)
      return Error{Status::kBug, "a body can only be appended to one of the same pool"};
    const std::vector<Extent> extents = body->extents_;  // `other` may be this very body
    for (const Extent& extent : extents) {
      add_extent(&extents_, extent);
      size_ += extent.size;
    }
    return {};
  }

 private:
  std::shared_ptr<Store> store_;
  std::vector<Extent> extents_;
  uint64_t size_ = 0;
};

class SegmentPool : public BodyPool {
 public:
  explicit SegmentPool(std::shared_ptr<Store> store) : store_(std::move(store)) {}
  std::shared_ptr<WritableBody> open() override { return std::make_shared<PooledBody>(store_); }

 private:
  std::shared_ptr<Store> store_;
};

}  // namespace

std::shared_ptr<const Body> text_body(std::string_view bytes) {
  return std::make_shared<TextBody>(bytes);
}

std::unique_ptr<BodyPool> BodyPool::create(const std::filesystem::path& folder,
                                           size_t memory_bytes) {
  return std::make_unique<SegmentPool>(std::make_shared<Store>(folder, memory_bytes));
}

}  // namespace tq
