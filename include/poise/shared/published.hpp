// SPDX-License-Identifier: MIT
// published: one value that many threads read and any thread replaces. Reading takes no lock, and writes nothing unless
// the value is a new one.
#ifndef POISE_SHARED_PUBLISHED_HPP
#define POISE_SHARED_PUBLISHED_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <poise/detail/cache_line.hpp>

namespace poise {

/// A value of which each reader has a snapshot that stands still until that reader asks for the next one.
///
/// Each thread that reads has a `handle`. To publish is to put the new version into every handle's letter box; a read looks
/// whether its own box, which nobody else reads, is empty, which it nearly always is. So a read is O(1) and wait-free, and
/// never waits for a writer; publishing is O(handles). A version is destroyed once it is neither the latest nor the
/// snapshot of any handle, by whoever lets go of it last. A handle that is idle would keep an old one: park it.
/// What happened before a publication is seen by whoever reads it, and who reads after a publication reads that version
/// or a later one.
template <class T>
class published {
    struct version;
    struct box;
    struct post_office;

  public:
    /// Versions that nobody has any more; destroyed with it, so not before the writers' lock, and perhaps your own, is free.
    class remains {
      public:
        remains() = default;
        remains(remains&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
        remains& operator=(remains&& other) noexcept {
            std::swap(first_, other.first_);
            return *this;
        }
        ~remains() {
            while (first_ != nullptr) delete std::exchange(first_, first_->below);
        }

      private:
        friend published;
        void take(version* one) noexcept {
            if (!one->let_go()) return;
            one->below = first_;
            first_ = one;
        }
        version* first_ = nullptr;
    };

    /// A value that is ready to be published: what may throw is done.
    class prepared {
      public:
        prepared(prepared&&) noexcept = default;
        prepared& operator=(prepared&&) noexcept = default;
        ~prepared() = default;

      private:
        friend published;
        explicit prepared(T&& next) : version_(std::make_unique<version>(std::move(next))) {}
        std::unique_ptr<version> version_;
    };

    /// One thread's view of the value. It may outlive what it reads from, and may move to another thread between two reads.
    class handle {
      public:
        handle(handle&& other) noexcept : office_(std::move(other.office_)), box_(std::move(other.box_)) {}
        handle& operator=(handle&& other) noexcept {
            handle taken(std::move(other)); // and what this one had is left with it
            std::swap(office_, taken.office_);
            std::swap(box_, taken.box_);
            return *this;
        }
        ~handle() {
            if (box_) office_->leave(*box_);
        }

        /// The latest value. It stands until the next `read` or `park` of this handle.
        [[nodiscard]] const T& read() noexcept {
            if (box_->has_post()) [[unlikely]]
                box_->move_on();
            return box_->snapshot->value;
        }
        /// Keeps nothing but the latest from now on, until the next `read`. Wait-free.
        remains park() noexcept { return box_->park(); }

      private:
        friend published;
        explicit handle(std::shared_ptr<post_office> office)
            : office_(std::move(office)),
              box_(std::make_unique<box>()) {
            office_->join(*box_);
        }

        std::shared_ptr<post_office> office_;
        std::unique_ptr<box> box_;
    };

    published(const published&) = delete;
    published& operator=(const published&) = delete;
    ~published() = default;
    explicit published(T first = T()) : office_(std::make_shared<post_office>(std::move(first))) {}

    /// Another reader. Takes the writers' lock.
    [[nodiscard]] handle subscribe() const { return handle(office_); }

    /// Makes this the latest value. From any thread, one after the other. When memory ends, nothing has changed.
    remains publish(T next) { return publish(prepare(std::move(next))); }
    [[nodiscard]] static prepared prepare(T&& next) { return prepared(std::move(next)); }
    remains publish(prepared next) noexcept { return office_->publish(std::move(next.version_)); }

    /// Publishes `edit(latest)`: what another thread publishes meanwhile is not lost. If `edit` throws, nothing has changed.
    template <class Edit>
    remains update(Edit&& edit) {
        return office_->update(std::forward<Edit>(edit));
    }

    /// How many versions somebody has: the latest, and those that a handle keeps.
    [[nodiscard]] std::size_t versions() const noexcept { return office_->kept.load(std::memory_order_relaxed); }

  private:
    struct version {
        explicit version(T made) : value(std::move(made)) {}

        // True when nobody has it any more: whoever is told so deletes it.
        [[nodiscard]] bool let_go() noexcept {
            if (holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return false;
            kept->fetch_sub(1, std::memory_order_relaxed); // whoever had it has the office, too
            return true;
        }

        const T value;
        std::atomic<std::size_t> holders = 1;     // handles and letter boxes; the office, of the latest
        std::atomic<std::size_t>* kept = nullptr; // the office's, once it is published
        version* below = nullptr;                 // of remains
    };

    // Own cache lines: read with each choice, written when there is post, by the writer, and when that is taken, by the
    // reader.
    struct alignas(detail::cache_line) box {
        std::atomic<version*> post = nullptr;
        version* snapshot = nullptr; // the reader's alone; without one, there is post

        [[nodiscard]] bool has_post() const noexcept { return post.load(std::memory_order_relaxed) != nullptr; }
        // A call, so that `read` is none.
        [[gnu::noinline]] void move_on() noexcept {
            // first, for what is let go of may read in its destructor
            version* const old = std::exchange(snapshot, post.exchange(nullptr, std::memory_order_acquire));
            if (old != nullptr && old->let_go()) delete old;
        }
        remains park() noexcept {
            remains left;
            if (snapshot == nullptr) return left;
            version* nothing = nullptr;
            version* const mine = std::exchange(snapshot, nullptr);
            // back into the box, whence the next publication takes it; unless there is a later one already
            if (!post.compare_exchange_strong(nothing, mine, std::memory_order_acq_rel)) left.take(mine);
            return left;
        }
    };

    struct post_office {
        explicit post_office(T first) : latest(new version(std::move(first))) { latest->kept = &kept; }
        ~post_office() { delete latest; } // every handle has left
        post_office(const post_office&) = delete;
        post_office& operator=(const post_office&) = delete;

        void join(box& reader) {
            const std::lock_guard lock(writers);
            boxes.push_back(&reader);
            latest->holders.fetch_add(1, std::memory_order_relaxed);
            reader.snapshot = latest;
        }
        void leave(box& reader) noexcept {
            {
                const std::lock_guard lock(writers);
                std::erase(boxes, &reader);
            }
            if (reader.has_post()) reader.move_on();
            version* const last = std::exchange(reader.snapshot, nullptr);
            if (last->let_go()) delete last;
        }
        remains publish(std::unique_ptr<version> next) noexcept {
            const std::lock_guard lock(writers);
            return deliver(std::move(next));
        }
        template <class Edit>
        remains update(Edit&& edit) {
            const std::lock_guard lock(writers);
            return deliver(std::make_unique<version>(std::forward<Edit>(edit)(std::as_const(latest->value))));
        }
        remains deliver(std::unique_ptr<version> next) noexcept {
            remains left;
            next->kept = &kept;
            kept.fetch_add(1, std::memory_order_relaxed);
            next->holders.fetch_add(boxes.size(), std::memory_order_relaxed);
            for (box* reader : boxes) {
                version* const unread = reader->post.exchange(next.get(), std::memory_order_acq_rel);
                if (unread != nullptr) left.take(unread);
            }
            left.take(std::exchange(latest, next.release()));
            return left;
        }

        std::mutex writers;
        std::vector<box*> boxes;
        std::atomic<std::size_t> kept = 1;
        version* latest;
    };

    std::shared_ptr<post_office> office_;
};

} // namespace poise

#endif
