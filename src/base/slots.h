#pragma once

// Objects named by a small handle (index and generation) that notices when the slot was given to
// somebody else. Handles may travel between threads; the slots themselves belong to one thread.

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace martlet {

struct SlotHandle {
    std::uint32_t index = UINT32_MAX;
    std::uint32_t generation = 0;

    bool operator==(const SlotHandle&) const = default;
    explicit operator bool() const { return index != UINT32_MAX; }
};

// T* per slot; the owner of the objects is somebody else.
template <typename T>
class Slots {
  public:
    SlotHandle add(T* object) {
        if (free_.empty()) {
            slots_.push_back({object, 0});
            return {static_cast<std::uint32_t>(slots_.size() - 1), 0};
        }
        std::uint32_t index = free_.back();
        free_.pop_back();
        slots_[index].object = object;
        return {index, slots_[index].generation};
    }

    void remove(SlotHandle handle) {
        if (!find(handle)) return;
        slots_[handle.index].object = nullptr;
        slots_[handle.index].generation++;
        free_.push_back(handle.index);
    }

    T* find(SlotHandle handle) const {
        if (handle.index >= slots_.size()) return nullptr;
        const Slot& slot = slots_[handle.index];
        return slot.generation == handle.generation ? slot.object : nullptr;
    }

    // For a walk over all: places up to end(), some of them empty (null).
    std::uint32_t end() const { return static_cast<std::uint32_t>(slots_.size()); }
    T* at(std::uint32_t index) const { return slots_[index].object; }

  private:
    struct Slot {
        T* object;
        std::uint32_t generation;
    };
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

}  // namespace martlet
