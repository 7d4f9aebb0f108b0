// SPDX-License-Identifier: MIT
// A view of any callable: two words, no allocation. The standard library has one from C++26 on.
#ifndef POISE_DETAIL_FUNCTION_REF_HPP
#define POISE_DETAIL_FUNCTION_REF_HPP

#include <concepts>
#include <type_traits>

namespace poise::detail {

template <class Signature>
class function_ref;

/// As long as the callable lives; by itself it views none.
template <class Result, class... Arguments>
class function_ref<Result(Arguments...)> {
  public:
    constexpr function_ref() noexcept = default;

    template <class Callable>
        requires(!std::same_as<Callable, function_ref>) && std::is_invocable_r_v<Result, const Callable&, Arguments...>
    explicit function_ref(const Callable& viewed) noexcept {
        if constexpr (std::is_function_v<Callable>) {
            viewed_.function = reinterpret_cast<void (*)()>(&viewed);
            call_ = [](target what, Arguments... arguments) -> Result {
                return reinterpret_cast<Callable*>(what.function)(arguments...);
            };
        } else {
            viewed_.object = &viewed;
            call_ = [](target what, Arguments... arguments) -> Result {
                return (*static_cast<const Callable*>(what.object))(arguments...);
            };
        }
    }

    /// `Call(object, arguments...)`, where the object itself is not what is called.
    template <auto Call, class Object>
    [[nodiscard]] static function_ref through(const Object& object) noexcept {
        function_ref result;
        result.viewed_.object = &object;
        result.call_ = [](target what, Arguments... arguments) -> Result {
            return Call(*static_cast<const Object*>(what.object), arguments...);
        };
        return result;
    }

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return call_ != nullptr; }
    /// Only if there is one.
    Result operator()(Arguments... arguments) const { return call_(viewed_, arguments...); }

  private:
    union target {
        const void* object = nullptr;
        void (*function)();
    };

    target viewed_;
    Result (*call_)(target, Arguments...) = nullptr;
};

} // namespace poise::detail

#endif
