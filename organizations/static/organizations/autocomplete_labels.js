// Select2 gives the element that it shows instead of a select no name; the select's label is one.
django.jQuery(() => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const shown = [
      document.getElementById(`select2-${select.id}-container`),
      select.nextElementSibling?.querySelector(".select2-search__field"), // where several are chosen
    ];
    for (const element of label ? shown.filter(Boolean) : []) {
      element.setAttribute("aria-label", label.textContent.replace(":", "").trim());
    }
  }
});
