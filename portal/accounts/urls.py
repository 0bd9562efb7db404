"""Routes of the account pages, under /desk/."""

from django.urls import path

from portal.accounts import (
    audit_views,
    draft_views,
    factor_enrol_views,
    factor_views,
    session_views,
    views,
)

urlpatterns = [
    path("sign-in/", views.sign_in_page, name="sign-in"),
    path("sign-out/", views.sign_out_page, name="sign-out"),
    path("second-step/", factor_views.second_step_page, name="second-step"),
    path("second-step/challenge/", factor_views.proof_challenge, name="proof-challenge"),
    path("factors/", factor_views.factors_page, name="factors"),
    path("factors/add/", factor_enrol_views.add_page, name="factor-add"),
    path("factors/add/phone/", factor_enrol_views.add_phone_page, name="factor-add-phone"),
    path("factors/add/key/", factor_enrol_views.add_key_page, name="factor-add-key"),
    path("factors/add/key/challenge/", factor_enrol_views.register_challenge, name="register-challenge"),
    path("factors/<uuid:factor_id>/remove/", factor_views.remove_page, name="factor-remove"),
    path("join/", views.join_page, name="join"),
    path("grants/", views.grants_page, name="grants"),
    path("staff/", views.staff_page, name="staff"),
    path("staff/<uuid:staff_id>/", views.person_page, name="person"),
    path("sessions/", session_views.sessions_page, name="sessions"),
    path("passphrase/", session_views.passphrase_page, name="passphrase"),
    path("drafts/", draft_views.save_draft, name="drafts"),
    path("drafts/<uuid:draft_id>/discard/", draft_views.discard, name="discard-draft"),
    path("audit/", audit_views.audit_page, name="audit"),
    path("audit/heads/", audit_views.audit_heads, name="audit-heads"),
]
